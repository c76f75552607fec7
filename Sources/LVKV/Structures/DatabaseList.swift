internal import Structures

/// A list of byte strings at a key. Both ends and each index are reached at once, however long it is.
///
/// A list that becomes empty is removed with its key. Each call is a transaction, or part of its ``KeyTransaction``, and
/// throws a `StructureError` with code `wrongType` when the key holds another kind of value, a `RecordError` when it is
/// under a schema's prefix, and a `StoreError`.
public struct DatabaseList: Sendable {
    /// The list's key.
    public let key: [UInt8]
    private let access: KeyAccess

    init(key: [UInt8], _ access: KeyAccess) {
        self.key = key
        self.access = access
    }

    // MARK: Reading

    /// The number of elements; 0 when there is no list.
    ///
    /// - Complexity: O(1).
    public var count: Int {
        get throws { try access.read { keys in try ListReader(keys, key.span).count } }
    }

    /// The element at `index`; `nil` when there is none.
    ///
    /// - Parameter index: from 0 on; of a negative one the distance from the end, -1 for the last.
    /// - Complexity: O(1).
    public func value(at index: Int) throws -> [UInt8]? {
        try access.read { keys in
            var list = try ListReader(keys, key.span)
            return try list.withElement(at: Int64(index)) { $0?.array }
        }
    }

    /// The elements at the indexes in `range`; those that are not there are left out.
    ///
    /// - Complexity: O(*n*) in the elements returned.
    public func values(in range: Range<Int> = 0..<Int.max) throws -> [[UInt8]] {
        var values: [[UInt8]] = []
        try forEach(in: range) { values.append($0.array) }
        return values
    }

    /// Lends the elements at the indexes in `range`, in order, as they are at one moment. `body` must not change the
    /// database's structures through the same transaction.
    ///
    /// - Complexity: O(*n*) in the elements lent; memory for one of them.
    /// - Throws: what `body` throws, too.
    public func forEach(in range: Range<Int> = 0..<Int.max, _ body: (Span<UInt8>) throws -> Void) throws {
        try access.read { keys in
            var list = try ListReader(keys, key.span)
            let range = range.clamped(to: 0..<list.count)
            guard !range.isEmpty else { return }
            try list.forEach(range) { element in
                try body(element)
                return true
            }
        }
    }

    // MARK: Changing

    /// Adds an element behind the last.
    ///
    /// - Returns: the number of elements then.
    /// - Complexity: O(1).
    @discardableResult
    public func append(_ element: borrowing some ByteSource & ~Copyable & ~Escapable) throws -> Int {
        try element.withBytes { element in try push(.tail) { list in try list.push(element, at: .tail) } }
    }

    /// Adds elements behind the last, in one transaction.
    ///
    /// - Returns: the number of elements then.
    /// - Complexity: O(*m*) for *m* elements.
    @discardableResult
    public func append(contentsOf elements: some Sequence<some ByteSource>) throws -> Int {
        try push(.tail) { list in
            for element in elements { try element.withBytes { try list.push($0, at: .tail) } }
        }
    }

    /// Adds an element before the first.
    ///
    /// - Returns: the number of elements then.
    /// - Complexity: O(1).
    @discardableResult
    public func prepend(_ element: borrowing some ByteSource & ~Copyable & ~Escapable) throws -> Int {
        try element.withBytes { element in try push(.head) { list in try list.push(element, at: .head) } }
    }

    private func push(_ end: ListEnd, _ body: (inout StoredList) throws -> Void) throws -> Int {
        try access.write { keys in
            var list = try StoredList(keys, key.span)
            let before = list.count
            try body(&list)
            guard list.count > before else { return before }
            try list.store(key.span)
            keys.note(key.span, end == .tail ? "rpush" : "lpush", .list)
            return list.count
        }
    }

    /// Takes the first element away; `nil` when there is none.
    ///
    /// - Complexity: O(1).
    @discardableResult
    public func popFirst() throws -> [UInt8]? { try pop(.head, "lpop") }

    /// Takes the last element away; `nil` when there is none.
    ///
    /// - Complexity: O(1).
    @discardableResult
    public func popLast() throws -> [UInt8]? { try pop(.tail, "rpop") }

    private func pop(_ end: ListEnd, _ event: StaticString) throws -> [UInt8]? {
        var popped: [UInt8]?
        try change(event) { list in try list.pop(1, at: end) { popped = $0.array } }
        return popped
    }

    /// Puts `element` in the place of the one at `index`.
    ///
    /// - Parameters:
    ///   - index: as of ``value(at:)``.
    ///   - element: what is to be there.
    /// - Complexity: O(1).
    /// - Throws: `StructureError` with code `outOfRange` when there is no such element.
    public func update(_ element: borrowing some ByteSource & ~Copyable & ~Escapable, at index: Int) throws {
        try element.withBytes { element in
            try change("lset", always: true) { list in try list.set(element, at: Int64(index)) }
        }
    }

    /// Removes elements that are `element`.
    ///
    /// - Parameters:
    ///   - element: which ones.
    ///   - limit: at most so many, from the first on.
    /// - Returns: how many were removed.
    /// - Complexity: O(*n*).
    @discardableResult
    public func remove(
        _ element: borrowing some ByteSource & ~Copyable & ~Escapable, limit: Int = .max
    ) throws -> Int {
        guard limit > 0 else { return 0 }
        return try element.withBytes { element in
            var removed = 0
            try change("lrem") { list in removed = try list.remove(element, most: limit, from: .head) }
            return removed
        }
    }

    /// Leaves only the elements at the indexes in `range`.
    ///
    /// - Complexity: O(*m*) for *m* elements that go or that stay, whichever are fewer.
    public func trim(to range: Range<Int>) throws {
        try change("ltrim") { list in try list.trim(to: range.clamped(to: 0..<list.count)) }
    }

    /// Changes a list that is there, and notes it when its count has changed, or `always`.
    private func change(
        _ event: StaticString, always: Bool = false, _ body: (inout StoredList) throws -> Void
    ) throws {
        try access.write { keys in
            var list = try StoredList(keys, key.span)
            let before = list.count
            try body(&list)
            guard always || list.count != before else { return }
            let isEmpty = list.count == 0
            try list.store(key.span)
            keys.note(key.span, event, .list)
            if isEmpty { keys.note(key.span, "del", .generic) }
        }
    }
}
