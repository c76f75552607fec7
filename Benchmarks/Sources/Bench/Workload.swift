// The keys and values that every side of a comparison writes and reads, byte for byte those of floor/workload.h.

/// splitmix64: three lines in any language.
struct Random {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// The numbers below `count`, each once, in an order of its own for each seed.
func shuffledNumbers(below count: Int, seed: UInt64) -> [Int] {
    var order = Array(0..<count)
    var random = Random(seed: seed)
    for i in stride(from: count, to: 1, by: -1) { order.swapAt(i - 1, Int(random.next() % UInt64(i))) }
    return order
}

/// 16-byte keys, the entry's number in decimal, made before the clock starts.
struct Keys {
    static let length = 16
    private let bytes: [UInt8]

    /// The numbers below `count` in order, or each once in an order of its own for each seed.
    init(count: Int, shuffledWith seed: UInt64? = nil) {
        let order = seed.map { shuffledNumbers(below: count, seed: $0) } ?? Array(0..<count)
        var bytes = [UInt8](repeating: UInt8(ascii: "0"), count: count * Keys.length)
        for (i, number) in order.enumerated() {
            var rest = number
            var end = (i + 1) * Keys.length
            while rest > 0 {
                end -= 1
                bytes[end] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
        }
        self.bytes = bytes
    }

    var count: Int { bytes.count / Keys.length }

    subscript(index: Int) -> Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get { bytes.span.extracting(index * Keys.length..<(index + 1) * Keys.length) }
    }
}

/// 100-byte values that compress to about a half, as LevelDB's own db_bench makes them: 50 random printable
/// bytes, twice; a window that moves over a good MiB of them.
struct Values {
    static let length = 100
    private let bytes: [UInt8]
    /// The number of different values; the next one is the first again.
    let count = 10486

    init() {
        var random = Random(seed: 301)
        var bytes: [UInt8] = []
        for _ in 0..<count {
            let start = bytes.count
            for _ in 0..<Values.length / 2 { bytes.append(UInt8(ascii: " ") + UInt8(random.next() % 95)) }
            bytes.append(contentsOf: Array(bytes[start...]))
        }
        self.bytes = bytes
    }

    subscript(index: Int) -> Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get { bytes.span.extracting(index * Values.length..<(index + 1) * Values.length) }
    }
}
