/// Where a server is and who asks it: `redis://[user:password@]host[:port][/database]`.
struct ServerAddress: Equatable {
    /// A name or a numeric address; of IPv6 without its brackets.
    var host: String
    var port: UInt16
    /// `nil` for the default user.
    var user: String?
    var password: String?
    var database: Int

    /// Where `lvkv serve` listens when it is not told.
    static let standardPort: UInt16 = 6380

    /// Reads an address. What is wrong with it is said without repeating it: there may be a password in it.
    init(_ text: String) throws(Failure) {
        let example = "as redis://[user:password@]host:port[/database]"
        guard let scheme = text.firstRange(of: "://"), text[..<scheme.lowerBound] == "redis" else {
            throw .usage(
                text.hasPrefix("rediss://")
                    ? "the command does not speak TLS; use redis:// on the server's plain port"
                    : "the server's URL does not begin with redis://; give it \(example)")
        }
        var rest = text[scheme.upperBound...]
        if let slash = rest.lastIndex(of: "/") {
            let path = rest[rest.index(after: slash)...]
            guard path.isEmpty || Int(path) != nil, let number = path.isEmpty ? 0 : Int(path), 0..<16 ~= number else {
                throw .usage("the database in the server's URL is a number from 0 to 15; give it \(example)")
            }
            database = number
            rest = rest[..<slash]
        } else {
            database = 0
        }
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let words = try? parts.map({ try ServerAddress.decoded($0) }) else {
                throw .usage("user and password in the server's URL hold a % without two hex digits behind it")
            }
            // A single word is the password of the default user, as redis-cli takes it.
            user = words.count == 2 && !words[0].isEmpty ? words[0] : nil
            password = words.last
            rest = rest[rest.index(after: at)...]
        }
        let colon = rest.last == "]" ? nil : rest.lastIndex(of: ":")
        port = ServerAddress.standardPort
        if let colon {
            guard let number = UInt16(rest[rest.index(after: colon)...]), number > 0 else {
                throw .usage("the port in the server's URL is a number from 1 to 65535; give it \(example)")
            }
            port = number
        }
        host = String(rest[..<(colon ?? rest.endIndex)])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else { throw .usage("the server's URL names no host; give it \(example)") }
    }

    private struct Malformed: Error {}

    /// Text with `%41` for `A`.
    private static func decoded(_ text: Substring) throws(Malformed) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let decoded = Hex.bytes(String(decoding: rest.prefix(2), as: UTF8.self)), decoded.count == 1 else {
                throw Malformed()
            }
            bytes += decoded
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The address without its secret.
    var description: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return "redis://\(host):\(port)" + (database == 0 ? "" : "/\(database)")
    }
}
