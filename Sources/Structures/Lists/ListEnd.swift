/// An end of a list.
public enum ListEnd: Sendable, CaseIterable {
    /// Before the first element: Redis's `LEFT`.
    case head
    /// Behind the last element: Redis's `RIGHT`.
    case tail
}

/// Indexes as Redis counts them: negative ones from the end, -1 the last.
package enum ListIndex {
    /// The index among `count` elements; `nil` when there is no such element.
    package static func resolve(_ index: Int64, count: Int) -> Int? {
        let resolved = index < 0 ? index + Int64(count) : index
        return resolved >= 0 && resolved < Int64(count) ? Int(resolved) : nil
    }

    /// The elements from `start` to `stop`, both included, among `count`: what lies outside is left out.
    package static func range(_ start: Int64, _ stop: Int64, count: Int) -> Range<Int> {
        let count = Int64(count)
        let first = max(0, start < 0 ? start + count : start)
        let last = min(count - 1, stop < 0 ? stop + count : stop)
        return first <= last ? Int(first)..<Int(last) + 1 : 0..<0
    }
}
