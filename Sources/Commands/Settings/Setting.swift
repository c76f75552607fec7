/// One thing that can be set of a server: in `lvkv.conf`, in the environment, on the command line, or by `CONFIG SET`.
///
/// Names, forms of values and texts of refusals are those of Redis 7.0, where Redis has the setting.
package struct Setting: Sendable {
    /// What a value must be.
    package enum Kind: Sendable {
        /// `yes` or `no`.
        case toggle
        /// A whole number.
        case integer(ClosedRange<Int>)
        /// A number of bytes, also as `64mb`.
        case size(ClosedRange<Int>)
        /// One of some words.
        case choice([String])
        /// Any text; the check gives the text in its usual form, or throws.
        case text(@Sendable (String) throws(SettingError) -> String)
        /// A password, of which only a digest is kept. Never shown, and never on a command line, where others see it.
        case secret
    }

    /// In small letters, words joined by `-`.
    package let name: String
    package let kind: Kind
    /// The value that holds where none is given.
    package let standard: String
    /// Whether `CONFIG SET` changes it while the server runs.
    package let isLive: Bool
    /// What the value is, for help: `port`, `bytes`.
    package let valueName: String
    /// What it does, in a line or two.
    package let summary: String

    /// - Parameters:
    ///   - standard: the value that holds where none is given, as `CONFIG GET` shows it.
    ///   - isLive: whether `CONFIG SET` changes it while the server runs.
    ///   - valueName: what the value is, for help.
    ///   - summary: what it does, in a line or two.
    package init(
        _ name: String, _ kind: Kind, _ standard: String, isLive: Bool = false, valueName: String = "value",
        _ summary: String
    ) {
        self.name = name
        self.kind = kind
        self.standard = standard
        self.isLive = isLive
        self.valueName = valueName
        self.summary = summary
    }

    /// Whether its value must not be shown.
    package var isSecret: Bool { if case .secret = kind { true } else { false } }

    /// The variable of the environment that gives it: `LVKV_TLS_PORT`.
    package var variable: String {
        "LVKV_" + name.uppercased().split(separator: "-", omittingEmptySubsequences: false).joined(separator: "_")
    }

    /// Text of any kind.
    package static let anyText = Kind.text { text throws(SettingError) in text }
}

/// Why a value was refused, in Redis's words.
package struct SettingError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

extension Setting {
    /// A value in its usual form, as `CONFIG GET` shows it; of a secret its digest.
    ///
    /// - Throws: ``SettingError`` when it is not what the setting takes.
    package func normalized(_ text: String) throws(SettingError) -> String {
        switch kind {
        case .toggle:
            let word = text.lowercased()
            guard word == "yes" || word == "no" else { throw SettingError("argument must be 'yes' or 'no'") }
            return word
        case .integer(let range):
            guard let number = Int(text) else { throw SettingError("argument couldn't be parsed into an integer") }
            return try "\(Setting.check(number, range))"
        case .size(let range):
            guard let number = Setting.bytes(text) else { throw SettingError("argument must be a memory value") }
            return try "\(Setting.check(number, range))"
        case .choice(let words):
            let word = text.lowercased()
            guard words.contains(word) else {
                let list = words.joined(separator: ", ")
                throw SettingError("argument(s) must be one of the following: \(list)")
            }
            return word
        case .text(let check): return try check(text)
        case .secret:
            // So that an empty value means no password.
            if text.isEmpty { return "" }
            if text.first == "#", PasswordDigest(hex: text.dropFirst()) != nil { return text.lowercased() }
            return "#" + PasswordDigest(of: text.utf8.span).hex
        }
    }

    private static func check(_ number: Int, _ range: ClosedRange<Int>) throws(SettingError) -> Int {
        guard range.contains(number) else {
            throw SettingError("argument must be between \(range.lowerBound) and \(range.upperBound) inclusive")
        }
        return number
    }

    /// A number of bytes as Redis takes it: `k` is 1,000 and `kb` 1,024, and so on.
    package static func bytes(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let factor: Int
        switch text[digits.endIndex...].lowercased() {
        case "", "b": factor = 1
        case "k": factor = 1_000
        case "kb": factor = 1 << 10
        case "m": factor = 1_000_000
        case "mb": factor = 1 << 20
        case "g": factor = 1_000_000_000
        case "gb": factor = 1 << 30
        default: return nil
        }
        guard let number = Int(digits) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }
}
