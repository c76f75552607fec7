internal import OrderedStore
internal import Structures

// Commands that push and pop, and those of them that wait.
extension ListCommands {
    static func push(_ arguments: Arguments, _ call: DataCall, at end: ListEnd, onlyIfThere: Bool) throws {
        let key = arguments[1]
        var list = try StoredList(call.keys, key)
        if onlyIfThere, !list.exists { return call.reply.integer(0) }
        for index in 2..<arguments.count { try list.push(arguments[index], at: end) }
        try list.store(key)
        call.keys.note(key, end == .head ? "lpush" : "rpush", .list)
        call.reply.integer(list.count)
    }

    static func pop(_ arguments: Arguments, _ call: DataCall, at end: ListEnd) throws {
        guard arguments.count <= 3 else { throw CommandError.wrongArity(end == .head ? "lpop" : "rpop") }
        let hasCount = arguments.count == 3
        let number =
            hasCount ? try arguments.integer(2, from: 0, else: "ERR value is out of range, must be positive") : 1
        var list = try StoredList(call.keys, arguments[1])
        guard list.exists else { return hasCount ? call.reply.nullArray() : call.reply.null() }
        if hasCount { call.reply.array(min(Int(number), list.count)) }
        guard number > 0 else { return }
        try take(Int(number), at: end, from: &list, arguments[1], call)
    }

    /// Takes elements from a list, replies with each, and stores the list.
    static func take(
        _ number: Int, at end: ListEnd, from list: inout StoredList, _ key: Span<UInt8>, _ call: DataCall
    ) throws {
        if list.isBig { try call.expectWork(min(number, list.count)) }
        try list.pop(number, at: end) { call.reply.bulk($0) }
        try list.store(key)
        note(key, popped: end, isEmpty: list.count == 0, call)
    }

    private static func note(_ key: Span<UInt8>, popped end: ListEnd, isEmpty: Bool, _ call: DataCall) {
        call.keys.note(key, end == .head ? "lpop" : "rpop", .list)
        if isEmpty { call.keys.note(key, "del", .generic) }
    }

    /// Calls `body` with the first of the lists at `keys` that is there, or with the one that a waiting client got.
    ///
    /// - Returns: whether there is one.
    static func withFirst(
        of keys: Range<Int>, _ arguments: Arguments, _ call: DataCall,
        _ body: (Span<UInt8>, inout StoredList) throws -> Void
    ) throws -> Bool {
        if let ready = call.ready {
            var list = try StoredList(call.keys, ready.span)
            guard list.exists else { return false }
            try body(ready.span, &list)
            return true
        }
        for index in keys {
            var list = try StoredList(call.keys, arguments[index])
            guard list.exists else { continue }
            try body(arguments[index], &list)
            return true
        }
        return false
    }

    /// - Returns: whether there was an element.
    @discardableResult
    private static func moveElement(
        _ arguments: Arguments, _ call: DataCall, from source: ListEnd, to destination: ListEnd
    ) throws -> Bool {
        let (from, to) = (arguments[1], arguments[2])
        var list = try StoredList(call.keys, from)
        guard list.exists else { return false }
        var element: [UInt8] = []
        let pushed: StaticString = destination == .head ? "lpush" : "rpush"
        if from.equals(to) {
            try list.pop(1, at: source) { element = $0.array }
            try list.push(element.span, at: destination)
            try list.store(from)
            call.keys.note(to, pushed, .list)
            note(from, popped: source, isEmpty: false, call)
        } else {
            var target = try StoredList(call.keys, to)
            try list.pop(1, at: source) { element = $0.array }
            try target.push(element.span, at: destination)
            try target.store(to)
            try list.store(from)
            call.keys.note(to, pushed, .list)
            note(from, popped: source, isEmpty: list.count == 0, call)
        }
        call.reply.bulk(element)
        return true
    }

    static func move(
        _ arguments: Arguments, _ call: DataCall, from source: ListEnd, to destination: ListEnd
    ) throws {
        if try !moveElement(arguments, call, from: source, to: destination) { call.reply.null() }
    }

    // MARK: - Waiting

    static func waitAndPop(_ arguments: Arguments, _ call: DataCall, at end: ListEnd) throws {
        let keys = 1..<arguments.count - 1
        let deadline = try arguments.deadline(arguments.count - 1, from: call.keys.now)
        let isDone = try withFirst(of: keys, arguments, call) { key, list in
            call.reply.array(2)
            call.reply.bulk(key)
            try take(1, at: end, from: &list, key, call)
        }
        if isDone { return }
        call.wait(for: .list, in: keys, of: arguments, until: deadline, else: .nullArray)
    }

    static func waitAndMove(
        _ arguments: Arguments, _ call: DataCall, from source: ListEnd, to destination: ListEnd, timeout: Int
    ) throws {
        let deadline = try arguments.deadline(timeout, from: call.keys.now)
        if try moveElement(arguments, call, from: source, to: destination) { return }
        call.wait(for: .list, in: 1..<2, of: arguments, until: deadline, else: .null)
    }
}
