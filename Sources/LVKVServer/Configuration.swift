package import Commands
internal import FoundationEssentials
internal import RESP

/// Where a server's settings come from: a file, the environment, the command line, the later over the earlier.
package enum Configuration {
    /// Takes the settings of a file of lines `name value`, with Redis's quotes; a line that begins with `#` is a remark.
    ///
    /// - Throws: ``ServerError`` with the line's number.
    package static func read(file path: String, into settings: Settings) throws(ServerError) {
        for (number, line) in try lines(of: path).enumerated() {
            let place = "\(path), line \(number + 1)"
            guard let words = words(of: line) else { throw ServerError("\(place): unbalanced quotes") }
            guard let name = words.first else { continue }
            let value = words.dropFirst().joined(separator: " ")
            guard words.count > 1 else { throw ServerError("\(place): '\(name)' has no value; write \"\" for none") }
            do throws(SettingError) {
                try settings.assign(name, value)
            } catch {
                throw ServerError("\(place): \(name): \(error)")
            }
        }
    }

    /// Takes the settings that the environment gives, such as `LVKV_PORT`.
    ///
    /// - Parameter variable: the value of a variable of the environment.
    package static func read(
        environment variable: (String) -> String?, into settings: Settings
    ) throws(ServerError) {
        for setting in Setting.all {
            guard let value = variable(setting.variable) else { continue }
            do throws(SettingError) {
                try settings.assign(setting.name, value)
            } catch {
                throw ServerError("\(setting.variable): \(error)")
            }
        }
    }

    /// Takes the settings of a command line, `--name value` or `--name=value`.
    ///
    /// - Throws: ``ServerError`` for anything else, and for passwords, which others would see there.
    package static func read(arguments: [String], into settings: Settings) throws(ServerError) {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--"), word.count > 2 else {
                throw ServerError("unexpected '\(word)': a setting is given as --name value")
            }
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            if let setting = settings.setting(name), setting.isSecret {
                throw ServerError(
                    "--\(name) would show the password to whoever lists processes; put it into the configuration file "
                        + "or into \(setting.variable)")
            }
            guard let value = parts.count > 1 ? String(parts[1]) : rest.popFirst() else {
                throw ServerError("--\(name) has no value")
            }
            do throws(SettingError) {
                try settings.assign(name, value)
            } catch {
                throw ServerError("--\(name): \(error)")
            }
        }
    }

    /// Writes the values of `settings` into a file: lines of settings that changed get their new values, those that are
    /// not in it yet are added, remarks and all else stay.
    ///
    /// - Throws: ``ServerError`` when the file cannot be read or written.
    package static func rewrite(file path: String, from settings: Settings) throws(ServerError) {
        var left = Setting.all.filter { settings.isChanged($0) && $0.name != Setting.database.name }
        var result: [String] = []
        for line in try lines(of: path) {
            guard let name = words(of: line)?.first, let setting = settings.setting(name) else {
                result.append(line)
                continue
            }
            left.removeAll { $0.name == setting.name }
            let isSame = words(of: line).map { words in
                (try? setting.normalized(words.dropFirst().joined(separator: " "))) == settings.text(setting)
            }
            result.append(isSame == true ? line : Configuration.line(setting, settings))
        }
        while result.last?.isEmpty == true { result.removeLast() }
        result += left.map { Configuration.line($0, settings) }
        do {
            try Data((result.joined(separator: "\n") + "\n").utf8).write(
                to: URL(filePath: path), options: .atomic)
        } catch {
            throw ServerError("cannot write \(path): \(error)")
        }
    }

    private static func line(_ setting: Setting, _ settings: Settings) -> String {
        let value = settings.text(setting)
        let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x27 && $0 != 0x5C }
        if isPlain { return "\(setting.name) \(value)" }
        let escaped = value.utf8.map { byte in
            switch byte {
            case 0x22, 0x5C: "\\\(Unicode.Scalar(byte))"
            case 0x20..<0x7F: "\(Unicode.Scalar(byte))"
            default: "\\x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))"
            }
        }
        return "\(setting.name) \"\(escaped.joined())\""
    }

    private static func lines(of path: String) throws(ServerError) -> [String] {
        do {
            let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
            return text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init)
        } catch {
            throw ServerError("cannot read \(path): \(error)")
        }
    }

    /// The words of a line; none of a remark; `nil` when its quotes are unbalanced.
    private static func words(of line: String) -> [String]? {
        var text: [UInt8] = []
        var places: [Range<Int>] = []
        let isRemark = line.utf8.first { $0 != 0x20 && $0 != 0x09 } == UInt8(ascii: "#")
        if isRemark { return [] }
        guard InlineWords.split(line.utf8.span, into: &text, words: &places) else { return nil }
        return places.map { String(decoding: text[$0], as: UTF8.self) }
    }
}
