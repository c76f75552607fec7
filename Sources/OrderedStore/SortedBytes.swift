/// How keys are ordered: by their bytes, or as a store's own comparator says.
package struct KeyOrder: Sendable {
    private let custom: (@Sendable (Span<UInt8>, Span<UInt8>) -> Int)?

    /// Byte order.
    package static let bytewise = KeyOrder(custom: nil)

    /// The order of `compare`, which returns a negative number, zero or a positive number.
    package init(_ compare: @escaping @Sendable (Span<UInt8>, Span<UInt8>) -> Int) {
        custom = compare
    }

    private init(custom: (@Sendable (Span<UInt8>, Span<UInt8>) -> Int)?) {
        self.custom = custom
    }

    /// Compares two keys.
    package func compare(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int {
        if let custom { custom(left, right) } else { left.compare(to: right) }
    }

    /// Compares an owned key with a lent one.
    package func compare(_ left: [UInt8], _ right: Span<UInt8>) -> Int {
        compare(left.span, right)
    }
}

/// A sorted dictionary of byte keys, in blocks: inserting moves at most a block's worth of elements, and a
/// copy shares all blocks that neither side changes.
package struct SortedBytes<Payload: Sendable>: Sendable {
    package struct Element: Sendable {
        package let key: [UInt8]
        package var payload: Payload
    }

    /// A place between or on elements; valid until the next change.
    package struct Position: Comparable, Sendable {
        fileprivate let place: SortedBlocks<Element>.Position

        package static func < (left: Position, right: Position) -> Bool { left.place < right.place }
    }

    private var elements = SortedBlocks<Element>()
    package let order: KeyOrder

    package init(order: KeyOrder = .bytewise) {
        self.order = order
    }

    /// The number of elements.
    package var count: Int { elements.count }
    package var isEmpty: Bool { elements.isEmpty }
    package var start: Position { Position(place: elements.start) }
    package var end: Position { Position(place: elements.end) }

    package subscript(position: Position) -> Element { elements[position.place] }

    /// The place after `position`, which is not the end.
    package func position(after position: Position) -> Position {
        Position(place: elements.position(after: position.place))
    }

    /// The place before `position`; `nil` at the start.
    package func position(before position: Position) -> Position? {
        elements.position(before: position.place).map { Position(place: $0) }
    }

    /// The place of the first element at or after `key`.
    ///
    /// - Complexity: O(log *n*).
    package func position(atOrAfter key: Span<UInt8>) -> Position {
        Position(place: elements.position { order.compare($0.key, key) })
    }

    /// The payload of `key`.
    package subscript(key: Span<UInt8>) -> Payload? {
        let position = position(atOrAfter: key)
        return holds(key, at: position) ? self[position].payload : nil
    }

    /// Sets the payload of `key`.
    ///
    /// - Complexity: O(log *n*), and moves at most a block's worth of elements.
    package mutating func set(_ key: Span<UInt8>, to payload: Payload) {
        let order = order
        let found = Position(place: elements.positionNearLatest { order.compare($0.key, key) })
        if holds(key, at: found) {
            elements[found.place].payload = payload
        } else {
            elements.insert(Element(key: key.array, payload: payload), at: found.place)
        }
    }

    /// Removes `key`.
    package mutating func remove(_ key: Span<UInt8>) {
        let position = position(atOrAfter: key)
        if holds(key, at: position) { elements.remove(at: position.place) }
    }

    /// Whether the element at `position` is there and is `key`'s.
    func holds(_ key: Span<UInt8>, at position: Position) -> Bool {
        elements.holds(position.place) && order.compare(elements[position.place].key, key) == 0
    }
}
