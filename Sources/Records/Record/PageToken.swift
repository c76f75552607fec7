internal import KeySchemas

/// What a scan goes on with: a version, a hash of the scan's question, and the place where it stopped, in hex. It holds
/// no state of a process, so it is as good after a restart.
enum PageToken {
    private static let version: UInt8 = 1

    /// - Parameters:
    ///   - question: what the scan asked, so that a token of another one does not fit.
    ///   - place: where it goes on.
    static func make(_ question: [UInt8], at place: [UInt8]) -> String {
        KeyValue.bytes(header(question) + place).description
    }

    /// Where the scan that asked `question` goes on; `nil` when the token is not one of its.
    static func place(in token: String, _ question: [UInt8]) -> [UInt8]? {
        let header = header(question)
        guard case .bytes(let bytes)? = try? ComponentType.bytes().parse(token), bytes.count > header.count,
            bytes.starts(with: header)
        else { return nil }
        return Array(bytes[header.count...])
    }

    /// The error for a token that is none.
    static func bad(_ schema: String) -> RecordError {
        RecordError(
            .badToken, schema: schema, message: "the token is not one that this scan gave; start again without it")
    }

    private static func header(_ question: [UInt8]) -> [UInt8] {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in question { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return [version] + (0..<8).map { UInt8(truncatingIfNeeded: hash >> UInt64(56 - 8 * $0)) }
    }
}
