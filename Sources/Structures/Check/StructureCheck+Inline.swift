internal import OrderedStore

extension StructureCheck {
    /// Checks a small collection, which lies in its metadata.
    func checkInline(_ body: Span<UInt8>, _ kind: StructureKind, _ place: CheckedKey) throws {
        let reason: String?
        do throws(StructureError) {
            reason = try StructureCheck.flaw(of: body, kind)
        } catch {
            reason = "its elements end in the middle of one"
        }
        if let reason { try report(place.problem(.elements, reason)) }
    }

    /// What is wrong with the items of a small collection.
    private static func flaw(of body: Span<UInt8>, _ kind: StructureKind) throws(StructureError) -> String? {
        var items = PackedItems(body)
        var count = 0
        var seen: Set<[UInt8]> = []
        var last: [UInt8]?
        while let item = try items.next() {
            count += 1
            switch kind {
            case .hash where count % 2 == 1:
                if !seen.insert(item.array).inserted { return "two of its fields have the same name" }
            case .set:
                if let last, last.span.compare(to: item) >= 0 { return "its members are not in order" }
                last = item.array
            case .sortedSet:
                guard item.count >= Score.size, try isScore(item.extracting(first: Score.size)) else {
                    return "one of its scores is none"
                }
                if let last, last.span.compare(to: item) >= 0 {
                    return "its members are not in the order of their scores"
                }
                last = item.array
                if !seen.insert(item.extracting(droppingFirst: Score.size).array).inserted {
                    return "a member is there twice"
                }
            default: break
            }
        }
        if count == 0 { return "it is empty, and should not be there" }
        if kind == .hash, count % 2 == 1 { return "its last field has no value" }
        return count == items.count ? nil : "it has \(count) items, and its metadata says \(items.count)"
    }

    /// Whether bytes are a score as it is stored: a number, and the one zero.
    static func isScore(_ bytes: Span<UInt8>) throws(StructureError) -> Bool {
        guard bytes.count == Score.size else { return false }
        let score = try Score.read(bytes)
        if score.isNaN { return false }
        var expected: [UInt8] = []
        Score.append(score, to: &expected)
        return bytes.equals(expected.span)
    }
}
