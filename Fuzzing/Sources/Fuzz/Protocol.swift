internal import NIOCore
internal import OrderedStore
@testable internal import RESP

/// A pipeline of requests: the same whatever the pieces, and the same again when it is written as arrays.
func fuzzRequests(_ input: Span<UInt8>) {
    let bytes = input.rest
    var limits = RequestDecoder.Limits()
    limits.isUnauthenticated = input.choice & 1 == 1
    let whole = requests(bytes, [], limits)
    let pieces = requests(bytes, splits(bytes.count, by: input.choice >> 1), limits)
    require(whole == pieces, "the requests depend on the pieces: \(whole) \(pieces)")
    guard !limits.isUnauthenticated else { return }
    var text: [UInt8] = []
    for request in whole.requests {
        text += Array("*\(request.count)\r\n".utf8)
        for word in request { text += Array("$\(word.count)\r\n".utf8) + word + [13, 10] }
    }
    let again = requests(text, [], limits)
    require(again.requests == whole.requests && again.error == nil, "requests do not come back")
}

private struct Requests: Equatable {
    var requests: [[[UInt8]]] = []
    var error: String?
}

private func requests(_ bytes: [UInt8], _ splits: [Int], _ limits: RequestDecoder.Limits) -> Requests {
    var decoder = RequestDecoder(limits: limits)
    var found = Requests()
    var buffer: [UInt8] = []
    var start = 0
    for end in splits + [bytes.count] {
        buffer += bytes[start..<end]
        start = end
        do throws(ProtocolError) {
            while try decoder.decode(buffer.span) {
                require(decoder.byteCount > 0 && decoder.byteCount <= buffer.count, "a request of no bytes")
                require(decoder.reservedWords <= buffer.count + 1024, "memory for words that did not come")
                var words: [[UInt8]] = []
                decoder.forEachWord(in: buffer.span) { words.append($0.array) }
                if !words.isEmpty { found.requests.append(words) }
                buffer.removeFirst(decoder.byteCount)
            }
        } catch {
            found.error = error.message
            return found
        }
    }
    return found
}

/// Replies: the same whatever the pieces, and the same again when they are written in RESP3.
func fuzzReplies(_ input: Span<UInt8>) {
    let bytes = input.rest
    let (whole, error) = replies(bytes, [])
    let pieces = replies(bytes, splits(bytes.count, by: input.choice))
    require(same(whole, pieces.0), "the replies depend on the pieces: \(whole) \(pieces.0)")
    require((error == nil) == (pieces.1 == nil), "the refusal depends on the pieces")
    var encoder = ReplyEncoder(version: .three)
    for reply in whole { encode(reply, &encoder) }
    let (again, refusal) = replies(Array(encoder.buffer.readableBytesView), [])
    require(refusal == nil, "what was written is refused: \(refusal ?? "")")
    require(same(again, whole.map(onLines)), "replies do not come back: \(whole) \(again)")
}

private func same(_ left: [Reply], _ right: [Reply]) -> Bool { "\(left)" == "\(right)" }

private func replies(_ bytes: [UInt8], _ splits: [Int]) -> ([Reply], String?) {
    var decoder = ReplyDecoder()
    var found: [Reply] = []
    var start = 0
    for end in splits + [bytes.count] {
        decoder.append(bytes.span.extracting(start..<end))
        start = end
        do throws(ProtocolError) {
            while let reply = try decoder.next() { found.append(reply) }
        } catch {
            return (found, error.message)
        }
    }
    return (found, nil)
}

/// A reply as it is written: texts that stand on a line of their own have spaces for line breaks, and what is not a number
/// has no sign.
private func onLines(_ reply: Reply) -> Reply {
    func onLine(_ text: [UInt8]) -> [UInt8] { text.map { $0 == 10 || $0 == 13 ? 32 : $0 } }
    switch reply {
    case .simple(let text): return .simple(onLine(text))
    case .error(let text): return .error(onLine(text))
    case .bigNumber(let text): return .bigNumber(onLine(text))
    case .array(let items): return .array(items.map(onLines))
    case .set(let items): return .set(items.map(onLines))
    case .push(let items): return .push(items.map(onLines))
    case .map(let pairs): return .map(pairs.map { Reply.Pair(onLines($0.key), onLines($0.value)) })
    case .double(let value): return .double(value.isNaN ? .nan : value)
    case .integer, .bulk, .null, .bool, .verbatim: return reply
    }
}

private func encode(_ reply: Reply, _ encoder: inout ReplyEncoder) {
    switch reply {
    case .simple(let text): encoder.simple(text.span)
    case .error(let text): encoder.error(text.span)
    case .integer(let value): encoder.integer(value)
    case .bulk(let text): encoder.bulk(text.span)
    case .null: encoder.null()
    case .array(let items):
        encoder.array(items.count)
        for item in items { encode(item, &encoder) }
    case .set(let items):
        encoder.set(items.count)
        for item in items { encode(item, &encoder) }
    case .push(let items):
        encoder.push(items.count)
        for item in items { encode(item, &encoder) }
    case .map(let pairs):
        encoder.map(pairs.count)
        for pair in pairs {
            encode(pair.key, &encoder)
            encode(pair.value, &encoder)
        }
    case .double(let value): encoder.double(value)
    case .bool(let value): encoder.bool(value)
    case .bigNumber(let digits): encoder.bigNumber(digits.span)
    case .verbatim(let format, let text):
        encoder.buffer.writeString("=\(text.count + 4)\r\n")
        encoder.buffer.writeBytes(format + [UInt8(ascii: ":")] + text + [13, 10])
    }
}
