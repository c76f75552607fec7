internal import OrderedStore

/// The SHA-256 of a password, which is all that is kept of it.
package struct PasswordDigest: Sendable, Hashable {
    private let bytes: [UInt8]

    /// The digest of a password.
    package init(of password: Span<UInt8>) {
        var hash = SHA256()
        hash.update(password)
        bytes = hash.finish()
    }

    /// A digest that was written as 64 hex digits; `nil` for anything else.
    package init?(hex: some StringProtocol) {
        let digits = Array(hex.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: 64, by: 2) {
            guard let high = PasswordDigest.value(digits[place]), let low = PasswordDigest.value(digits[place + 1])
            else { return nil }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    /// The digest as 64 hex digits, in small letters.
    package var hex: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Whether it is the digest of `password`. How long that takes tells nothing about either.
    package func matches(_ password: Span<UInt8>) -> Bool {
        let other = PasswordDigest(of: password)
        var difference: UInt8 = 0
        for (mine, its) in zip(bytes, other.bytes) { difference |= mine ^ its }
        return difference == 0
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
