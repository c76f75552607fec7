public import OrderedStore

extension JSONValue {
    /// How deeply arrays and objects may stand in each other.
    public static var deepest: Int { 512 }

    /// Reads one JSON value (RFC 8259) that fills the whole text but for white space.
    ///
    /// Refused, with the position: duplicate keys, what is not UTF-8, lone surrogates, and more than 512 levels.
    ///
    /// - Complexity: O(*n*); memory in proportion to the text.
    public init(parsing text: Span<UInt8>) throws(JSONError) {
        var parser = JSONParser(text)
        self = try parser.document()
    }

    /// Reads one JSON value that fills the whole text but for white space.
    public init(parsing text: borrowing some ByteSource & ~Copyable & ~Escapable) throws(JSONError) {
        self = try text.withBytes { bytes throws(JSONError) in try JSONValue(parsing: bytes) }
    }
}

/// Builds values; keeps its own stack, so no input exhausts the thread's.
struct JSONParser: ~Escapable {
    var reader: JSONReader
    private var scratch: [UInt8] = []

    /// An array or object whose end has not come yet.
    private struct Frame {
        let isObject: Bool
        var elements: [JSONValue] = []
        var object = JSONObject()
        /// Of the member whose value comes next.
        var key = ""
        var keyOffset = 0
    }

    @_lifetime(copy text)
    init(_ text: Span<UInt8>) {
        reader = JSONReader(text)
    }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value()
        reader.skipWhitespace()
        guard reader.isAtEnd else { throw reader.error("text after the value") }
        return value
    }

    /// Reads one value and stops behind it.
    mutating func value() throws(JSONError) -> JSONValue {
        var stack: [Frame] = []
        while true {
            reader.skipWhitespace()
            var value: JSONValue
            switch reader.peek {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard stack.count < JSONValue.deepest else {
                    throw reader.error("more than \(JSONValue.deepest) arrays and objects in each other")
                }
                let isObject = reader.peek == UInt8(ascii: "{")
                reader.index += 1
                reader.skipWhitespace()
                if reader.skip(UInt8(ascii: isObject ? "}" : "]")) {
                    value = isObject ? .object(JSONObject()) : .array([])
                } else {
                    stack.append(Frame(isObject: isObject))
                    if isObject { try key(&stack[stack.count - 1]) }
                    continue
                }
            case UInt8(ascii: "\""):
                value = .string(try reader.string(scratch: &scratch))
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                value = .number(try number())
            default:
                value = try reader.literal()
            }
            // The value is complete: it goes into what it stands in, which may be complete then, too.
            var isOpen = false
            while !isOpen {
                guard !stack.isEmpty else { return value }
                isOpen = try add(&value, to: &stack)
            }
        }
    }

    private mutating func number() throws(JSONError) -> JSONNumber {
        let span = reader.bytes.extracting(try reader.number())
        return JSONNumber(
            unchecked: unsafe span.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) })
    }

    private mutating func key(_ frame: inout Frame) throws(JSONError) {
        reader.skipWhitespace()
        frame.keyOffset = reader.index
        frame.key = try reader.string(scratch: &scratch)
        reader.skipWhitespace()
        guard reader.skip(UInt8(ascii: ":")) else { throw reader.error("a : belongs after a key") }
    }

    /// Adds to the innermost frame.
    ///
    /// - Returns: whether the frame goes on; if not, it was taken off and `value` is what it held.
    private mutating func add(_ value: inout JSONValue, to stack: inout [Frame]) throws(JSONError) -> Bool {
        let top = stack.count - 1
        if stack[top].isObject {
            guard stack[top].object.insert(stack[top].key, value) else {
                let key = RecordError.printable(stack[top].key.utf8.span)
                throw reader.error("the key \"\(key)\" is there twice", at: stack[top].keyOffset)
            }
        } else {
            stack[top].elements.append(value)
        }
        reader.skipWhitespace()
        if reader.skip(UInt8(ascii: ",")) {
            if stack[top].isObject { try key(&stack[top]) }
            return true
        }
        let isObject = stack[top].isObject
        guard reader.skip(UInt8(ascii: isObject ? "}" : "]")) else {
            throw reader.error(isObject ? "a , or } belongs after a member" : "a , or ] belongs after an element")
        }
        let frame = stack.removeLast()
        value = isObject ? .object(frame.object) : .array(frame.elements)
        return false
    }
}
