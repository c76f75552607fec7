internal import Commands

/// Makes the commands of a load for one thread.
struct CommandMaker {
    private var filler: PartFiller
    private var word: [UInt8] = []

    init(_ chooser: KeyChooser, random: LoadRandom, values: ValueText) {
        filler = PartFiller(chooser: chooser, random: random, values: values)
    }

    /// Draws which of a workload's operations comes next.
    @inline(__always)
    mutating func choose(_ workload: Workload) -> Int { workload.choose(&filler.random) }

    /// Appends a request as it goes over the wire.
    mutating func append(_ request: RequestShape, to output: inout [UInt8]) {
        for step in request.steps {
            switch step {
            case .bytes(let bytes): output.append(contentsOf: bytes)
            case .part(let part): filler.append(part, to: &output)
            case .word(let parts):
                make(parts)
                output.append(UInt8(ascii: "$"))
                output.append(word.count, width: 1)
                output.append(13)
                output.append(10)
                output.append(contentsOf: word)
            }
        }
    }

    /// Makes the words of a command.
    mutating func fill(_ arguments: inout Arguments, _ command: [CommandTemplate.Word]) {
        arguments.removeAll()
        for parts in command {
            make(parts)
            arguments.append(word.span)
        }
    }

    private mutating func make(_ parts: CommandTemplate.Word) {
        word.removeAll(keepingCapacity: true)
        for part in parts { filler.append(part, to: &word) }
    }
}

/// Puts something in the place of the placeholders.
private struct PartFiller {
    var chooser: KeyChooser
    var random: LoadRandom
    var values: ValueText
    /// The number of the key drawn last.
    var last = 0

    mutating func append(_ part: CommandTemplate.Part, to text: inout [UInt8]) {
        switch part {
        case .text(let bytes): text.append(contentsOf: bytes)
        case .key:
            last = chooser.next(&random)
            appendKey(to: &text)
        case .new:
            last = chooser.space.add()
            appendKey(to: &text)
        case .same: appendKey(to: &text)
        case .number:
            last = chooser.next(&random)
            text.append(last, width: 1)
        case .value: values.append(to: &text)
        case .random(let range): text.append(range.lowerBound + random.below(range.count), width: 1)
        }
    }

    private func appendKey(to text: inout [UInt8]) {
        text.append(contentsOf: chooser.space.prefix)
        text.append(last, width: chooser.space.width)
    }
}

/// A command as it goes over the wire, with as much of it made beforehand as is always the same.
struct RequestShape: Sendable {
    enum Step: Sendable {
        case bytes([UInt8])
        /// A part whose length the bytes before it say.
        case part(CommandTemplate.Part)
        /// A word whose length is not known before.
        case word(CommandTemplate.Word)
    }

    private(set) var steps: [Step] = []

    /// - Parameters:
    ///   - keySize: the bytes of a key.
    ///   - valueSize: the bytes of a value.
    init(_ command: [CommandTemplate.Word], keySize: Int, valueSize: Int) {
        add("*\(command.count)\r\n")
        for word in command {
            var size: Int? = 0
            for part in word {
                switch part {
                case .text(let bytes): size = size.map { $0 + bytes.count }
                case .key, .same, .new: size = size.map { $0 + keySize }
                case .value: size = size.map { $0 + valueSize }
                case .number, .random: size = nil
                }
            }
            if let size {
                add("$\(size)\r\n")
                for part in word {
                    if case .text(let bytes) = part { add(bytes) } else { steps.append(.part(part)) }
                }
            } else {
                steps.append(.word(word))
            }
            add("\r\n")
        }
    }

    private mutating func add(_ text: String) { add(Array(text.utf8)) }

    private mutating func add(_ more: [UInt8]) {
        if case .bytes(let bytes) = steps.last {
            steps[steps.count - 1] = .bytes(bytes + more)
        } else {
            steps.append(.bytes(more))
        }
    }
}

/// Values of one size that compress to about a half, as LevelDB's own benchmark makes them: a window that moves over a
/// MiB of them.
struct ValueText: Sendable {
    private let pool: [UInt8]
    private let size: Int
    private var position: Int

    /// - Parameters:
    ///   - size: the bytes of a value.
    ///   - start: where the window begins, so that threads write different values.
    init(size: Int, start: Int) {
        self.size = size
        var random = LoadRandom(seed: 301)
        var pool: [UInt8] = []
        while pool.count < 1 << 20 || pool.count < 2 * size {
            let piece = (0..<50).map { _ in UInt8(ascii: " ") + UInt8(random.below(95)) }
            pool += piece + piece
        }
        self.pool = pool
        position = start % (pool.count - size)
    }

    @inline(__always)
    mutating func append(to text: inout [UInt8]) {
        if position + size > pool.count { position = 0 }
        text.append(contentsOf: pool[position..<position + size])
        position += size
    }
}
