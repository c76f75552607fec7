internal import Records

/// Finds the objects in a stream of JSON objects that has no separators.
///
/// Only the structure is looked at here: brackets, and strings, in which brackets mean nothing. After what is no
/// object the stream goes on at the next place where one may begin: behind a bracket that closes nothing, behind a
/// line end in a string, at the next `{`. What is too deep or too large is passed over up to its end.
///
/// Keeps at most one object, and of that no more than ``largestObject`` bytes.
struct JSONStream {
    /// What was found.
    enum Event: Hashable {
        /// The text of an object.
        case object([UInt8])
        /// Something that is none, with what is wrong.
        case refusal(String)
    }

    private enum State {
        /// Between objects.
        case between
        /// Between objects, after a refusal: what is there is no news.
        case recovering
        case object
        /// In an object that was refused, up to its end.
        case passing
    }

    /// The most bytes of one object.
    let largestObject: Int
    /// How deeply arrays and objects may stand in each other.
    let deepest: Int
    private var state = State.between
    private var text: [UInt8] = []
    /// The bytes that close the brackets under way, as far as they count.
    private var closing: [UInt8] = []
    /// Brackets deeper than that, of an object that is passed over.
    private var deeper = 0
    private var isInString = false
    private var isEscaped = false
    private var input: [UInt8] = []
    private var position = 0

    init(largestObject: Int = 16 << 20, deepest: Int = JSONValue.deepest) {
        self.largestObject = largestObject
        self.deepest = deepest
    }

    /// Adds what the client sent.
    mutating func append(_ bytes: some Sequence<UInt8>) {
        input.removeFirst(position)
        position = 0
        input.append(contentsOf: bytes)
    }

    /// What comes next in the client's bytes; `nil` when more must arrive first.
    ///
    /// - Complexity: O(*n*) over all calls.
    mutating func next() -> Event? {
        while position < input.count {
            let byte = input[position]
            position += 1
            let event =
                switch state {
                case .between, .recovering: begin(byte)
                case .object, .passing: inside(byte)
                }
            if let event { return event }
        }
        return nil
    }

    /// The client sends no more: a refusal when it stopped within an object.
    mutating func finish() -> Event? {
        guard state == .object else { return nil }
        return refuse("the object has no end")
    }

    private mutating func begin(_ byte: UInt8) -> Event? {
        switch byte {
        case UInt8(ascii: "{"):
            state = .object
            text = [byte]
            closing = [UInt8(ascii: "}")]
            return nil
        case 0x20, 0x09, 0x0A, 0x0D:
            return nil
        default:
            return state == .between ? refuse("a request is a JSON object, which begins with {") : nil
        }
    }

    private mutating func inside(_ byte: UInt8) -> Event? {
        let refusal = keep(byte)
        if isInString {
            if byte == 0x0A || byte == 0x0D { return refuse("a line end in a string; write it as \\n") ?? refusal }
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return refusal
        }
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"): return open(UInt8(ascii: "}")) ?? refusal
        case UInt8(ascii: "["): return open(UInt8(ascii: "]")) ?? refusal
        case UInt8(ascii: "}"), UInt8(ascii: "]"): return close(byte) ?? refusal
        default: break
        }
        return refusal
    }

    /// Keeps a byte of the object, unless that is too large.
    private mutating func keep(_ byte: UInt8) -> Event? {
        guard state == .object else { return nil }
        guard text.count < largestObject else { return pass("a request is at most \(largestObject) bytes") }
        text.append(byte)
        return nil
    }

    private mutating func open(_ end: UInt8) -> Event? {
        if closing.count == deepest {
            deeper += 1
            return state == .object ? pass("more than \(deepest) arrays and objects in each other") : nil
        }
        closing.append(end)
        return nil
    }

    private mutating func close(_ byte: UInt8) -> Event? {
        if deeper > 0 {
            deeper -= 1
            return nil
        }
        guard closing.popLast() == byte else {
            return refuse("\(Character(Unicode.Scalar(byte))) closes nothing that is open")
        }
        guard closing.isEmpty else { return nil }
        let isWhole = state == .object
        let object = text
        startAgain(.between)
        return isWhole ? .object(object) : nil
    }

    /// Refuses the object under way and leaves it behind; `nil` when it was refused before.
    private mutating func refuse(_ reason: String) -> Event? {
        let isNews = state != .passing
        startAgain(.recovering)
        return isNews ? .refusal(reason) : nil
    }

    /// Refuses the object under way, whose end can still be found.
    private mutating func pass(_ reason: String) -> Event {
        state = .passing
        text = []
        return .refusal(reason)
    }

    private mutating func startAgain(_ state: State) {
        self.state = state
        text = []
        closing = []
        deeper = 0
        isInString = false
        isEscaped = false
    }
}
