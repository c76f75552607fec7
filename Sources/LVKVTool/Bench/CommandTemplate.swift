internal import RESP

/// One or more commands with placeholders: `SET {key} {value}`.
///
/// Words are separated by blanks and may be quoted as in the shell of Redis; a word `;` begins another command, which is
/// sent right behind the first.
struct CommandTemplate: Sendable, Equatable {
    /// A piece of a word.
    enum Part: Sendable, Equatable {
        case text([UInt8])
        /// A key that the order of keys draws.
        case key
        /// The key drawn last, once more.
        case same
        /// A key that was not there yet.
        case new
        /// The number of a key that the order of keys draws, as it is.
        case number
        case value
        /// A number between two, both included.
        case random(ClosedRange<Int>)
    }

    typealias Word = [Part]
    let commands: [[Word]]

    init(_ commands: [[Word]]) { self.commands = commands }

    /// Reads a template.
    ///
    /// - Throws: ``Failure`` that names what is wrong.
    init(_ text: String) throws(Failure) {
        var bytes: [UInt8] = []
        var ranges: [Range<Int>] = []
        guard InlineWords.split(text.utf8.span, into: &bytes, words: &ranges) else {
            throw .usage("the command '\(text)' has a quote that is not closed, or a word right behind one")
        }
        var commands: [[Word]] = [[]]
        for range in ranges {
            if bytes[range].elementsEqual([UInt8(ascii: ";")]) {
                commands.append([])
            } else {
                commands[commands.count - 1].append(try CommandTemplate.word(bytes[range]))
            }
        }
        guard commands.allSatisfy({ !$0.isEmpty }) else {
            throw .usage("a command is empty; give one as in --command 'SET {key} {value}'")
        }
        self.commands = commands
    }

    private static func word(_ bytes: ArraySlice<UInt8>) throws(Failure) -> Word {
        var parts: Word = []
        var text: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "{"), let second = rest.first else {
                text.append(byte)
                continue
            }
            if second == UInt8(ascii: "{") {
                text.append(byte)
                rest.removeFirst()
                continue
            }
            // A brace of JSON is none of ours.
            guard UInt8(ascii: "a")...UInt8(ascii: "z") ~= second, let end = rest.firstIndex(of: UInt8(ascii: "}"))
            else {
                text.append(byte)
                continue
            }
            if !text.isEmpty { parts.append(.text(text)) }
            text = []
            parts.append(try placeholder(String(decoding: rest[..<end], as: UTF8.self)))
            rest = rest[(end + 1)...]
        }
        if !text.isEmpty || parts.isEmpty { parts.append(.text(text)) }
        return parts
    }

    private static func placeholder(_ name: String) throws(Failure) -> Part {
        switch name {
        case "key": return .key
        case "same": return .same
        case "new": return .new
        case "number": return .number
        case "value": return .value
        default: break
        }
        let words = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if words[0] == "random" {
            let bounds = words.count == 2 ? words[1].split(separator: "-", omittingEmptySubsequences: false) : []
            guard bounds.count == 2, let low = Int(bounds[0]), let high = Int(bounds[1]), low <= high, high < .max
            else {
                throw .usage("'{\(name)}' is no range of numbers; write {random:1-100}")
            }
            return .random(low...high)
        }
        throw .usage(
            "'{\(name)}' is no placeholder: there are {key} {same} {new} {number} {value} and {random:1-100}; "
                + "write {{ for a brace")
    }
}
