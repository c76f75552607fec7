internal import OrderedStore
internal import Synchronization

/// Where the nodes of big collections begin, as the latest transaction that writes has left it.
///
/// A node's count is written over and over, and LevelDB keeps all that was written for a while: to look backwards for the
/// node that a key belongs to it would pass over every one of them. A bound changes only when nodes are split or joined.
/// Used by transactions that write, which run one at a time; when one is not written, all is forgotten.
final class NodeBounds: Sendable {
    private struct Level: Hashable {
        let id: UInt64
        let level: Int
    }

    private struct State {
        var levels: [Level: [[UInt8]]] = [:]
        var count = 0
        /// Whether the transaction under way has left something here.
        var isChanged = false
    }

    private let state = Mutex(State())

    /// A level with more nodes is not kept.
    private static let mostOfLevel = 1 << 14
    private static let most = 1 << 16

    /// The bound at or before `key`, and the one behind that; `nil` when the level is not known.
    func bounds(around key: Span<UInt8>, _ id: UInt64, _ level: Int) -> (lower: [UInt8], upper: [UInt8]?)? {
        guard let bounds = state.withLock({ $0.levels[Level(id: id, level: level)] }) else { return nil }
        let next = NodeBounds.position(after: key, in: bounds)
        return next > 0 ? (bounds[next - 1], next < bounds.count ? bounds[next] : nil) : nil
    }

    /// The first bound of those that are behind `key`.
    private static func position(after key: Span<UInt8>, in bounds: [[UInt8]]) -> Int {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if isBehind(bounds[middle], key) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static func isBehind(_ bound: [UInt8], _ key: Span<UInt8>) -> Bool { bound.span.compare(to: key) > 0 }

    /// Takes over all bounds of a level, in order.
    func set(_ bounds: [[UInt8]], _ id: UInt64, _ level: Int) {
        guard bounds.count <= NodeBounds.mostOfLevel else { return }
        state.withLock { state in
            if state.count + bounds.count > NodeBounds.most { state = State() }
            state.isChanged = true
            state.count += bounds.count - (state.levels[Level(id: id, level: level)]?.count ?? 0)
            state.levels[Level(id: id, level: level)] = bounds
        }
    }

    /// A node was put.
    func insert(_ lower: [UInt8], _ id: UInt64, _ level: Int) {
        state.withLock { state in
            let place = Level(id: id, level: level)
            guard let bounds = state.levels[place] else { return }
            let next = NodeBounds.position(after: lower.span, in: bounds)
            if next > 0, bounds[next - 1] == lower { return }
            state.levels[place]?.insert(lower, at: next)
            state.count += 1
            state.isChanged = true
            if bounds.count == NodeBounds.mostOfLevel { state = State() }
        }
    }

    /// A node was deleted.
    func remove(_ lower: [UInt8], _ id: UInt64, _ level: Int) {
        state.withLock { state in
            let place = Level(id: id, level: level)
            guard let bounds = state.levels[place] else { return }
            let next = NodeBounds.position(after: lower.span, in: bounds)
            guard next > 0, bounds[next - 1] == lower else { return }
            state.levels[place]?.remove(at: next - 1)
            state.count -= 1
            state.isChanged = true
        }
    }

    /// The transaction has ended, or a part of it was taken back.
    func didEnd(written: Bool) {
        state.withLock { state in
            guard state.isChanged else { return }
            if written { state.isChanged = false } else { state = State() }
        }
    }
}
