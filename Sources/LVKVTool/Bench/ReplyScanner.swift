/// Finds where replies of RESP2 end without keeping them, in pieces of any size.
///
/// A load needs to know that a reply came and whether it is an error, not what it says.
struct ReplyScanner {
    enum Finding: Equatable { case value, error }

    /// What was found that is no reply.
    struct Malformed: Error { let byte: UInt8 }

    /// The values that the reply under way still lacks.
    private var pending = 0
    /// The bytes of a string that are still to come, with its line end.
    private var skip = 0
    /// The first byte of the line under way; 0 between lines.
    private var marker: UInt8 = 0
    private var number = 0
    private var isNegative = false
    private var isError = false
    /// The words of the last error, cut.
    private(set) var errorText: [UInt8] = []

    private static let mostErrorText = 200

    /// Whether a reply has begun and not ended.
    var isInsideReply: Bool { pending > 0 }

    /// Reads on from `place`, which moves behind what was read.
    ///
    /// - Returns: the reply that ended there; `nil` when all bytes were read.
    mutating func next(in bytes: Span<UInt8>, from place: inout Int) throws(Malformed) -> Finding? {
        while place < bytes.count {
            if skip > 0 {
                let count = min(skip, bytes.count - place)
                place += count
                skip -= count
                if skip == 0, let finding = endValue() { return finding }
                continue
            }
            let byte = bytes[place]
            place += 1
            if marker == 0 {
                try begin(byte)
            } else if byte == UInt8(ascii: "\n") {
                if let finding = endLine() { return finding }
            } else if byte != UInt8(ascii: "\r") {
                readOn(byte)
            }
        }
        return nil
    }

    private mutating func readOn(_ byte: UInt8) {
        if marker == UInt8(ascii: "-") {
            if isError && errorText.count < ReplyScanner.mostErrorText { errorText.append(byte) }
        } else if byte == UInt8(ascii: "-") {
            isNegative = true
        } else {
            // The words of a status come out as some number that nobody asks for.
            number = number &* 10 &+ Int(byte &- UInt8(ascii: "0"))
        }
    }

    private mutating func begin(_ byte: UInt8) throws(Malformed) {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: ":"), UInt8(ascii: "$"), UInt8(ascii: "*"): break
        case UInt8(ascii: "-"):
            if pending == 0 {
                isError = true
                errorText.removeAll(keepingCapacity: true)
            }
        default: throw Malformed(byte: byte)
        }
        if pending == 0 { pending = 1 }
        marker = byte
        number = 0
        isNegative = false
    }

    private mutating func endLine() -> Finding? {
        let kind = marker
        marker = 0
        switch kind {
        case UInt8(ascii: "$") where !isNegative:
            skip = number + 2
            return nil
        case UInt8(ascii: "*") where !isNegative: pending += number
        default: break
        }
        return endValue()
    }

    private mutating func endValue() -> Finding? {
        pending -= 1
        guard pending == 0 else { return nil }
        defer { isError = false }
        return isError ? .error : .value
    }
}
