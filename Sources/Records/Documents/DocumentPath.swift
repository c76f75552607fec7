/// A way into a document: names of members and positions in arrays, with dots between them.
struct DocumentPath: Hashable {
    let steps: [String]

    /// - Throws: ``RecordError`` with code `invalidValue`.
    init(_ text: String) throws(RecordError) {
        steps = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        guard steps.allSatisfy({ !$0.isEmpty && $0.utf8.first != UInt8(ascii: "$") }) else {
            throw RecordError(
                .invalidValue, field: RecordError.printable(text.utf8.span),
                message: "no path: names and positions with single dots between them, none beginning with $")
        }
    }

    var text: String { steps.joined(separator: ".") }

    /// Whether what one names holds what the other names.
    func overlaps(_ other: DocumentPath) -> Bool {
        zip(steps, other.steps).allSatisfy { $0.hasSameBytes(as: $1) }
    }

    /// An error about what the path names.
    func refusal(_ message: String) -> RecordError {
        RecordError(.invalidValue, field: RecordError.printable(text.utf8.span), message: message)
    }

    /// The value that the path names in `document`; `nil` where there is none.
    func value(in document: JSONObject) -> JSONValue? {
        var value: JSONValue? = .object(document)
        for step in steps {
            switch value {
            case .object(let object)?: value = object[step]
            case .array(let elements)?:
                guard let position = DocumentPath.position(step), position < elements.count else { return nil }
                value = elements[position]
            default: return nil
            }
        }
        return value
    }

    /// A position in an array, written as a number is.
    static func position(_ step: String) -> Int? {
        guard let position = Int(step), position >= 0, String(position) == step else { return nil }
        return position
    }

    /// Hands the value that the path names to `body`, which may change it, remove it, or give one where there is none.
    ///
    /// - Parameter makesWay: make the objects on the way that are missing. Without it nothing happens there.
    /// - Throws: ``RecordError`` that names the path, when the way leads through a value that holds no others, or beyond
    ///   the end of an array; what `body` throws.
    func change(
        _ document: inout JSONObject, makesWay: Bool, _ body: (inout JSONValue?) throws(RecordError) -> Void
    ) throws(RecordError) {
        var value: JSONValue? = .object(document)
        try change(&value, from: 0, makesWay: makesWay, body)
        if case .object(let changed)? = value { document = changed }
    }

    private func change(
        _ value: inout JSONValue?, from place: Int, makesWay: Bool,
        _ body: (inout JSONValue?) throws(RecordError) -> Void
    ) throws(RecordError) {
        guard place < steps.count else { return try body(&value) }
        let step = steps[place]
        switch value {
        case nil:
            guard makesWay else { return }
            var made = JSONObject()
            try change(&made[step], from: place + 1, makesWay: true, body)
            if made.count > 0 { value = .object(made) }
        case .object(var object)?:
            // Taken out, so that what is changed is not copied.
            value = nil
            defer { value = .object(object) }
            try change(&object[step], from: place + 1, makesWay: makesWay, body)
        case .array(var elements)?:
            guard let position = DocumentPath.position(step) else {
                if makesWay { throw refusal("\(step) is no position, and there is an array before it") }
                return
            }
            guard position <= elements.count, makesWay || position < elements.count else {
                if makesWay {
                    throw refusal("the array has \(elements.count) elements, so that is where a new one goes")
                }
                return
            }
            value = nil
            defer { value = .array(elements) }
            var element: JSONValue? = position < elements.count ? elements[position] : nil
            try change(&element, from: place + 1, makesWay: makesWay, body)
            if position < elements.count {
                // Removing an element would move those after it.
                elements[position] = element ?? .null
            } else if let element {
                elements.append(element)
            }
        case let other?:
            if makesWay { throw refusal("there is \(other.kind) before \(step), which has no members") }
        }
    }
}
