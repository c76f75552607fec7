internal import ArgumentParser
internal import Synchronization

/// Which keys a load takes, and how often.
enum KeyOrder: String, CaseIterable, ExpressibleByArgument {
    /// All as often.
    case uniform
    /// Some far more often than others, by Zipf's law, all over the keys.
    case zipfian
    /// One after another, and again from the first.
    case sequential
    /// Those added last the most often, by Zipf's law.
    case latest
}

/// The keys of a load: a prefix and a number with leading zeros. All threads share it.
final class KeySpace: Sendable {
    let prefix: [UInt8]
    /// The digits of a number.
    let width: Int
    /// How many keys there were at first.
    let firstCount: Int
    private let added = Atomic(0)
    private let turn = Atomic(0)

    static let standardPrefix = "bench:"
    private static let standardWidth = 12

    /// - Parameters:
    ///   - prefix: of every key.
    ///   - size: the bytes of a key, or `nil` for prefix and twelve digits.
    ///   - count: how many keys there are at first.
    /// - Throws: ``Failure`` when the numbers do not fit.
    init(prefix: String, size: Int?, count: Int) throws(Failure) {
        self.prefix = Array(prefix.utf8)
        firstCount = count
        width = size.map { $0 - prefix.utf8.count } ?? KeySpace.standardWidth
        let needed = String(count - 1).count
        guard width >= needed else {
            throw .usage(
                "--key-size \(size ?? width) leaves \(max(0, width)) digits after the prefix '\(prefix)'; "
                    + "\(count) keys need \(needed)")
        }
    }

    /// How many keys there are.
    var count: Int { firstCount + added.load(ordering: .relaxed) }

    /// The number of a key that was not there.
    func add() -> Int { firstCount + added.wrappingAdd(1, ordering: .relaxed).oldValue }

    /// The next number in turn.
    func nextInTurn() -> Int { turn.wrappingAdd(1, ordering: .relaxed).oldValue % firstCount }

    /// Begins again at the first.
    func restartTurns() { turn.store(0, ordering: .relaxed) }
}

/// Draws the numbers of keys for one thread.
struct KeyChooser {
    let space: KeySpace
    private let order: KeyOrder
    private let ranks: ZipfRanks
    /// Prime, so that its multiples meet every number once: the keys drawn often lie all over.
    private let stride: UInt64

    private static let prime: UInt64 = 2_305_843_009_213_693_951

    init(_ space: KeySpace, _ order: KeyOrder, exponent: Double) {
        self.space = space
        self.order = order
        ranks = ZipfRanks(count: space.firstCount, exponent: exponent)
        stride = KeyChooser.prime % UInt64(space.firstCount)
    }

    @inline(__always)
    mutating func next(_ random: inout LoadRandom) -> Int {
        switch order {
        case .uniform: return random.below(space.count)
        case .sequential: return space.nextInTurn()
        case .latest: return space.count - ranks.next(&random)
        case .zipfian: return place(of: ranks.next(&random))
        }
    }

    /// Where the key of a rank lies: a different place for each.
    func place(of rank: Int) -> Int {
        let count = UInt64(space.firstCount)
        let product = UInt64(rank - 1).multipliedFullWidth(by: stride)
        return Int(count.dividingFullWidth(product).remainder)
    }
}

extension [UInt8] {
    /// Appends a number of decimal digits, with zeros before it up to `width`.
    @inline(__always)
    mutating func append(_ number: Int, width: Int) {
        var digits = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
        var first = 20
        var rest = number
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            first -= 1
            digits[first] += UInt8(truncatingIfNeeded: digit)
            rest = quotient
        } while rest > 0
        for _ in 0..<Swift.max(0, width - (20 - first)) { append(UInt8(ascii: "0")) }
        for place in first..<20 { append(digits[place]) }
    }
}
