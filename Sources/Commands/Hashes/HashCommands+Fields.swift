internal import OrderedStore
internal import Structures

// What the commands on hashes do.
extension HashCommands {
    /// - Returns: how many fields are new.
    static func set(_ arguments: Arguments, _ call: DataCall, _ name: String) throws -> Int {
        guard arguments.count % 2 == 0 else { throw CommandError.wrongArity(name) }
        var hash = try StoredHash(call.keys, arguments[1])
        var new = 0
        for index in stride(from: 2, to: arguments.count, by: 2) {
            if try hash.set(arguments[index], arguments[index + 1]) { new += 1 }
        }
        try hash.store(arguments[1])
        call.keys.note(arguments[1], "hset", .hash)
        return new
    }

    static func remove(_ arguments: Arguments, _ call: DataCall) throws {
        var hash = try StoredHash(call.keys, arguments[1])
        var removed = 0
        for index in 2..<arguments.count where try hash.remove(arguments[index]) { removed += 1 }
        if removed > 0 {
            try hash.store(arguments[1])
            call.keys.note(arguments[1], "hdel", .hash)
            if hash.count == 0 { call.keys.note(arguments[1], "del", .generic) }
        }
        call.reply.integer(removed)
    }

    static func increment(_ arguments: Arguments, _ call: DataCall) throws {
        let summand = try arguments.integer(3)
        var hash = try StoredHash(call.keys, arguments[1])
        let value = try hash.withValue(of: arguments[2]) { value in
            guard let value else { return 0 as Int64 }
            guard let number = Int64(redis: value) else { throw CommandError("ERR hash value is not an integer") }
            return number
        }
        let (sum, overflow) = value.addingReportingOverflow(summand)
        guard !overflow else { throw CommandError.overflow }
        var text = String(sum)
        text.makeContiguousUTF8()
        _ = try hash.set(arguments[2], text.utf8.span)
        try hash.store(arguments[1])
        call.keys.note(arguments[1], "hincrby", .hash)
        call.reply.integer(sum)
    }

    static func incrementByFloat(_ arguments: Arguments, _ call: DataCall) throws {
        guard let summand = LongDouble(arguments[3]) else { throw CommandError.notAFloat }
        guard summand.isFinite else { throw CommandError("ERR value is NaN or Infinity") }
        var hash = try StoredHash(call.keys, arguments[1])
        let value = try hash.withValue(of: arguments[2]) { value in
            guard let value else { return LongDouble.zero }
            guard let number = LongDouble(value) else { throw CommandError("ERR hash value is not a float") }
            return number
        }
        guard let sum = value + summand else { throw CommandError("ERR increment would produce NaN or Infinity") }
        let text = sum.text
        _ = try hash.set(arguments[2], text.span)
        try hash.store(arguments[1])
        call.keys.note(arguments[1], "hincrbyfloat", .hash)
        call.reply.bulk(text)
    }

    /// Replies with something of each field.
    static func all(
        _ arguments: Arguments, _ call: DataCall, _ begin: (Int) -> Void, _ write: (Span<UInt8>, Span<UInt8>) -> Void
    ) throws {
        let hash = try HashReader(call.keys, arguments[1])
        try call.expectWork(hash.count)
        begin(hash.count)
        try hash.forEach { field, value in
            write(field, value)
            return true
        }
    }

    static func randomFields(_ arguments: Arguments, _ call: DataCall) throws {
        let number = arguments.count > 2 ? try RandomChoice.count(arguments, 2) : nil
        let withValues = arguments.count > 3
        if withValues, arguments.count > 4 || !arguments.matches(3, "WITHVALUES") { throw CommandError.syntax }
        if withValues, let number, number > .max / 2 { throw CommandError("ERR value is out of range") }
        let hash = try HashReader(call.keys, arguments[1])
        guard hash.count > 0 else {
            if number == nil { call.reply.null() } else { call.reply.array(0) }
            return
        }
        try call.expectWork(RandomChoice.work(number ?? 1, of: hash.count))
        let count = number.map { $0 < 0 ? -$0 : min($0, hash.count) }
        let isNested = withValues && call.reply.version > 2
        if let count { call.reply.array(withValues && !isNested ? 2 * count : count) }
        let write: (Span<UInt8>, Span<UInt8>) -> Void = { field, value in
            if isNested { call.reply.array(2) }
            call.reply.bulk(field)
            if withValues { call.reply.bulk(value) }
        }
        if let number, number < 0 {
            try hash.repeatRandom(-number, write)
        } else {
            try hash.forEachRandom(count ?? 1, write)
        }
    }

    static func scan(_ arguments: Arguments, _ call: DataCall) throws {
        let cursor = try ElementScan.cursor(arguments, 2)
        let hash = try HashReader(call.keys, arguments[1])
        guard hash.exists else {
            call.reply.array(2)
            call.reply.bulk("0")
            return call.reply.array(0)
        }
        let request = try ElementScan(arguments, from: 3)
        try call.expectWork(min(request.count, hash.count))
        let positions = call.engine.structures.scans
        let start = cursor == 0 || !hash.isBig ? nil : positions.position(of: cursor)
        var found = InlineElements()
        var (seen, last): (Int, [UInt8]) = (0, [])
        let look: (Span<UInt8>, Span<UInt8>) -> Bool = { field, value in
            if request.matches(field) {
                found.append(field)
                found.append(value)
            }
            seen += 1
            guard hash.isBig, seen == request.count else { return true }
            last = field.array
            return false
        }
        if let start { try hash.forEach(after: start.span, look) } else { try hash.forEach(look) }
        call.reply.array(2)
        call.reply.bulk(hash.isBig && seen == request.count ? String(positions.number(for: last)) : "0")
        call.reply.array(found.count)
        var items = found.items
        while let item = try items.next() { call.reply.bulk(item) }
    }
}
