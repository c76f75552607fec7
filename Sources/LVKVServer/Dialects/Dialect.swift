internal import Commands
internal import NIOCore
internal import Records

/// What a client of another protocol than Redis's asks for, and how it is answered.
///
/// Knows no socket. Belongs to one connection; what its steps hold may run on another thread.
protocol Dialect {
    /// Adds what the client sent.
    mutating func append(_ bytes: ByteBufferView)

    /// What is to be done next; `nil` when more must arrive first.
    ///
    /// - Parameter isAtEnd: whether the client sends no more.
    mutating func next(isAtEnd: Bool) -> DialectStep?

    /// Whether the client has asked all that it is likely to ask, and waits for the connection's end.
    var closesSoon: Bool { get }
}

/// One thing to do for a client.
enum DialectStep {
    /// Send bytes.
    case send([UInt8])
    /// Find the answer on this thread, and where that is `nil`, as it takes time, on another one.
    case answer(@Sendable (_ mayTakeTime: Bool) -> [UInt8]?)
}

/// The dialect of lines, for one client.
struct LineDialect: Dialect {
    private var parser: LineParser
    private let client: LineClient

    init(_ client: LineClient, longestMessage: Int) {
        self.client = client
        parser = LineParser(longestMessage: longestMessage)
    }

    mutating func append(_ bytes: ByteBufferView) { parser.append(bytes) }

    var closesSoon: Bool { parser.isSettled }

    mutating func next(isAtEnd: Bool) -> DialectStep? {
        while let event = parser.next() ?? (isAtEnd ? parser.finish() : nil) {
            switch event {
            case .lineEnd: continue
            case .refusal(let reason, let endsLine): return .send(LineReply.failed(reason).bytes(endsLine: endsLine))
            case .message(let message, let endsLine):
                let client = client
                return .answer { mayTakeTime in
                    client.answer(message, mayTakeTime: mayTakeTime)?.bytes(endsLine: endsLine)
                }
            }
        }
        return nil
    }
}

/// The dialect of JSON documents, for one client.
struct JSONDialect: Dialect {
    /// Answers the text of a request.
    typealias Answer = @Sendable ([UInt8]) -> [UInt8]

    private var stream: JSONStream
    private let session: Session
    private let answer: Answer

    init(_ session: Session, largestRequest: Int, answer: @escaping Answer) {
        self.session = session
        self.answer = answer
        stream = JSONStream(largestObject: largestRequest)
    }

    mutating func append(_ bytes: ByteBufferView) { stream.append(bytes) }

    var closesSoon: Bool { false }

    /// `{"error": reason}`.
    static func refusal(_ reason: String) -> [UInt8] { Array(JSONValue.object(["error": .string(reason)]).text().utf8) }

    mutating func next(isAtEnd: Bool) -> DialectStep? {
        switch stream.next() ?? (isAtEnd ? stream.finish() : nil) {
        case nil: return nil
        case .refusal(let reason): return .send(JSONDialect.refusal(reason))
        case .object(let text):
            if session.mustLogIn { return .send(JSONDialect.refusal("this server needs a password")) }
            let answer = answer
            return .answer { mayTakeTime in mayTakeTime ? answer(text) : nil }
        }
    }
}
