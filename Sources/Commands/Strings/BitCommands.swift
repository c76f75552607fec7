internal import OrderedStore
internal import Structures

/// Commands on the bits of strings.
enum BitCommands {
    static let all: [Command] = [
        Command(
            "setbit", 4, [.write, .denyoom], .first, [.bitmap], "Sets one bit of a string.",
            syntax: "key offset value", since: "2.2.0",
            .data { arguments, call in
                let offset = try bitOffset(arguments, 2, call)
                guard let value = Int64(redis: arguments[3]), value == 0 || value == 1 else {
                    throw CommandError("ERR bit is not an integer or out of range")
                }
                call.reply.flag(try call.keys.setBit(arguments[1], offset, to: value == 1))
            }),
        Command(
            "getbit", 3, [.readonly, .fast], .first, [.bitmap], "One bit of a string.", syntax: "key offset",
            since: "2.2.0",
            .data { arguments, call in
                let offset = try bitOffset(arguments, 2, call)
                let found = try call.keys.lookup(arguments[1], .string)
                call.reply.flag(Bits.bit(offset, of: found.body))
            }),
        Command(
            "bitcount", -2, [.readonly], .first, [.bitmap], "How many bits of a string are 1.",
            syntax: "key [start end [BYTE|BIT]]", since: "2.6.0", .data(count)),
        Command(
            "bitpos", -3, [.readonly], .first, [.bitmap], "The first bit of a string that is 1, or 0.",
            syntax: "key bit [start [end [BYTE|BIT]]]", since: "2.8.7", .data(position)),
        Command(
            "bitop", -4, [.write, .denyoom], .range(first: 2, last: -1, step: 1), [.bitmap],
            "Stores what strings are together, bit by bit.", syntax: "operation destkey key [key ...]",
            since: "2.6.0", .data(combine)),
        Command(
            "bitfield", -2, [.write, .denyoom], .first, [.bitmap], "Reads and changes integers in a string.",
            syntax: "key [GET encoding offset|[OVERFLOW WRAP|SAT|FAIL] SET encoding offset value"
                + "|INCRBY encoding offset increment [GET encoding offset|[OVERFLOW WRAP|SAT|FAIL] SET encoding "
                + "offset value|INCRBY encoding offset increment ...]]",
            since: "3.2.0",
            .data { arguments, call in try bitField(arguments, call, readOnly: false) }),
        Command(
            "bitfield_ro", -2, [.readonly, .fast], .first, [.bitmap], "Reads integers in a string.",
            syntax: "key [GET encoding offset [GET encoding offset ...]]", since: "6.0.0",
            .data { arguments, call in try bitField(arguments, call, readOnly: true) }),
    ]

    /// A bit's number; with a width, `#` before it counts integers of that width.
    private static func bitOffset(
        _ arguments: Arguments, _ index: Int, _ call: DataCall, width: Int? = nil
    ) throws(CommandError) -> Int {
        var text = arguments[index]
        var factor: Int64 = 1
        if let width, text.count > 0, text[0] == UInt8(ascii: "#") {
            text = text.extracting(droppingFirst: 1)
            factor = Int64(width)
        }
        guard let number = Int64(redis: text), number >= 0 else { throw .bitOffset }
        let (offset, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow, offset >> 3 < call.keys.state.valueLimit else { throw .bitOffset }
        return Int(offset)
    }

    /// A range of bits inside a string, its last included; `nil` when it is empty.
    private static func bitRange(
        _ start: Int64, _ end: Int64, inBits: Bool, of value: Span<UInt8>
    ) -> (first: Int, last: Int)? {
        let length = Int64(value.count) * (inBits ? 8 : 1)
        let first = start < 0 ? max(start + length, 0) : start
        let last = min(end < 0 ? max(end + length, 0) : end, length - 1)
        guard first <= last else { return nil }
        return inBits ? (Int(first), Int(last)) : (8 * Int(first), 8 * Int(last) + 7)
    }

    private static func isInBits(_ arguments: Arguments, _ index: Int) throws(CommandError) -> Bool {
        if arguments.matches(index, "BIT") { return true }
        guard arguments.matches(index, "BYTE") else { throw .syntax }
        return false
    }

    private static func count(_ arguments: Arguments, _ call: DataCall) throws {
        let found = try call.keys.lookup(arguments[1], .string)
        guard found.exists else { return call.reply.integer(0) }
        var (start, end, inBits) = (Int64(0), Int64(-1), false)
        if arguments.count == 4 || arguments.count == 5 {
            start = try arguments.integer(2)
            end = try arguments.integer(3)
            if start < 0, end < 0, start > end { return call.reply.integer(0) }
            if arguments.count == 5 { inBits = try isInBits(arguments, 4) }
        } else if arguments.count != 2 {
            throw CommandError.syntax
        }
        guard let range = bitRange(start, end, inBits: inBits, of: found.body) else { return call.reply.integer(0) }
        call.reply.integer(Bits.count(found.body, from: range.first, through: range.last))
    }

    private static func position(_ arguments: Arguments, _ call: DataCall) throws {
        let bit = try arguments.integer(2)
        guard bit == 0 || bit == 1 else { throw CommandError("ERR The bit argument must be 1 or 0.") }
        let found = try call.keys.lookup(arguments[1], .string)
        guard found.exists else { return call.reply.integer(bit == 1 ? -1 : 0) }
        guard arguments.count <= 6 else { throw CommandError.syntax }
        let start = arguments.count > 3 ? try arguments.integer(3) : 0
        let inBits = arguments.count == 6 ? try isInBits(arguments, 5) : false
        let end = arguments.count > 4 ? try arguments.integer(4) : -1
        guard let range = bitRange(start, end, inBits: inBits, of: found.body) else { return call.reply.integer(-1) }
        if let position = Bits.position(of: bit == 1, in: found.body, from: range.first, through: range.last) {
            return call.reply.integer(position)
        }
        // Behind the end all are 0, unless an end was given.
        call.reply.integer(bit == 0 && arguments.count <= 4 ? 8 * found.body.count : -1)
    }

    private static func combine(_ arguments: Arguments, _ call: DataCall) throws {
        let operation: Bits.Operation?
        if arguments.matches(1, "AND") {
            operation = .and
        } else if arguments.matches(1, "OR") {
            operation = .or
        } else if arguments.matches(1, "XOR") {
            operation = .xor
        } else if arguments.matches(1, "NOT") {
            operation = nil
        } else {
            throw CommandError.syntax
        }
        guard operation != nil || arguments.count == 4 else {
            throw CommandError("ERR BITOP NOT must be called with a single source key.")
        }
        let sources = (3..<arguments.count).map { arguments.bytes($0) }
        call.reply.integer(try call.keys.combineBits(operation, sources, to: arguments[2]))
    }

    private static func bitField(_ arguments: Arguments, _ call: DataCall, readOnly: Bool) throws {
        var steps: [BitField.Step] = []
        var overflow = BitField.Overflow.wrap
        var index = 2
        while index < arguments.count {
            let rest = arguments.count - index - 1
            let isGet = arguments.matches(index, "GET") && rest >= 2
            if isGet || (arguments.matches(index, "SET") || arguments.matches(index, "INCRBY")) && rest >= 3 {
                let width = try width(arguments[index + 1])
                let offset = try bitOffset(arguments, index + 2, call, width: width.bits)
                if isGet {
                    steps.append(BitField.Step(.get, width, at: offset))
                } else {
                    let value = try arguments.integer(index + 3)
                    let isSet = arguments.matches(index, "SET")
                    steps.append(
                        BitField.Step(isSet ? .set(value, overflow) : .increment(value, overflow), width, at: offset))
                }
                index += isGet ? 3 : 4
            } else if arguments.matches(index, "OVERFLOW"), rest >= 1 {
                overflow = try overflowKind(arguments, index + 1)
                index += 2
            } else {
                throw CommandError.syntax
            }
        }
        guard !readOnly || steps.allSatisfy(\.isGet) else {
            throw CommandError("ERR BITFIELD_RO only supports the GET subcommand")
        }
        let results = try call.keys.bitField(arguments[1], steps)
        call.reply.array(results.count)
        for result in results {
            if let result { call.reply.integer(result) } else { call.reply.null() }
        }
    }

    private static func width(_ text: Span<UInt8>) throws(CommandError) -> BitField.Width {
        guard text.count > 1, text[0] == UInt8(ascii: "i") || text[0] == UInt8(ascii: "u"),
            let bits = Int64(redis: text.extracting(droppingFirst: 1)),
            let width = BitField.Width(isSigned: text[0] == UInt8(ascii: "i"), bits: Int(bits))
        else {
            throw CommandError(
                "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.")
        }
        return width
    }

    private static func overflowKind(_ arguments: Arguments, _ index: Int) throws(CommandError) -> BitField.Overflow {
        if arguments.matches(index, "WRAP") { return .wrap }
        if arguments.matches(index, "SAT") { return .saturate }
        guard arguments.matches(index, "FAIL") else { throw CommandError("ERR Invalid OVERFLOW type specified") }
        return .fail
    }
}

extension CommandError {
    fileprivate static let bitOffset = CommandError("ERR bit offset is not an integer or out of range")
}
