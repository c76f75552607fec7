/// A reply as a client sees it.
public indirect enum Reply: Sendable, Hashable {
    /// A status such as `OK`.
    case simple([UInt8])
    /// An error: its code and what is wrong.
    case error([UInt8])
    /// A whole number.
    case integer(Int)
    /// A string of any bytes.
    case bulk([UInt8])
    /// Nothing, where a string or an array would stand.
    case null
    /// A list.
    case array([Reply])
    /// Keys with their values, in the order in which they came.
    case map([Pair])
    /// Members in no order that means anything.
    case set([Reply])
    /// Something that was not asked for just now, such as a message.
    case push([Reply])
    /// A floating-point number.
    case double(Double)
    /// Yes or no.
    case bool(Bool)
    /// A whole number of any size, as decimal digits.
    case bigNumber([UInt8])
    /// A text for people, with the three letters of its format.
    case verbatim(format: [UInt8], text: [UInt8])

    /// A key of a map with its value.
    public struct Pair: Sendable, Hashable {
        /// The key.
        public var key: Reply
        /// The value.
        public var value: Reply

        /// A key with its value.
        public init(_ key: Reply, _ value: Reply) {
            self.key = key
            self.value = value
        }
    }
}
