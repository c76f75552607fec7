internal import Synchronization

/// Memory that one call leaves to the next one of its kind, where making it anew would be much of the work. Of calls at
/// the same time one gets it.
final class Spare<Value: ~Copyable & Sendable>: Sendable {
    private let kept = Mutex<Value?>(nil)

    /// What was left, which is then the caller's.
    func take() -> Value? { kept.withLock { $0.take() } }

    /// Leaves memory to the next call.
    func keep(_ value: consuming Value) {
        var value = Optional(value)
        kept.withLock { swap(&$0, &value) }
    }
}
