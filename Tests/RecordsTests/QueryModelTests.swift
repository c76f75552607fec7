internal import StoreConformance
import Testing

internal import KeySchemas
internal import LevelDB
internal import OrderedStore
@testable internal import Records

@Suite("queries against all records, filtered and sorted")
struct QueryModelTests {
    @Test("each plan gives the same answer, in memory", arguments: RecordShape.all)
    func memory(_ shape: RecordShape) throws {
        for _ in 0..<3 { try QueryModel(over: MemoryStore(), shape).run(queries: 8) }
    }

    @Test("each plan gives the same answer, on LevelDB", arguments: RecordShape.all)
    func levelDB(_ shape: RecordShape) throws {
        try withDirectory { path in
            let store = try LevelDBStore(at: path, options: LevelDBOptions(mode: .createIfMissing))
            try QueryModel(over: store, shape).run(queries: 8)
            try store.close()
        }
    }
}

/// Random records and random questions about them.
private final class QueryModel<Store: OrderedStore> {
    private let seed = UInt64.random(in: 0...UInt64.max)
    private var random: SeededGenerator
    private let records: DynamicRecords<Store>
    private let all: [DynamicRecord]
    private let schema: CompiledSchema

    private static var indexes: String {
        """
          byName: {id: 1, on: [name, {year: desc}], include: [price]}
          byYear: {id: 2, on: [{year: desc}, {name: desc}]}
          byCode: {id: 3, on: [code], unique: true, sparse: true, include: [name]}
          byPrice: {id: 4, on: [price, score], sparse: true}
          byCity: {id: 5, on: [extra.at.city], sparse: true}
          byTag: {id: 6, on: ["extra.tags[]", name]}
          byGroup: {id: 7, on: [{group: desc}, id], include: [year]}
          byNameTag: {id: 8, on: [name, {"extra.tags[]": desc}]}
          byNumber: {id: 9, on: [extra.n, {year: desc}], unique: false}
        """
    }

    init(over store: Store, _ shape: RecordShape) throws {
        random = SeededGenerator(seed: seed)
        let keyspace = try Keyspace(store)
        try keyspace.apply(
            shelfSchema(
                encoding: shape.encoding.rawValue, layout: shape.layout, indexes: QueryModel.indexes))
        records = try keyspace.records("item")
        var codes = 0
        for _ in 0..<Int.random(in: 0...60, using: &random) {
            let record = QueryModel.record(&random, &codes)
            try records.upsert(record)
        }
        var all: [DynamicRecord] = []
        try records.forEach { all.append($0) }
        self.all = all
        schema = try records.compiled(keyspace.catalogue)
    }

    private static func pick<Element>(_ elements: [Element], _ random: inout SeededGenerator) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    private static var groups: [FieldValue] { ["", "a", "a:", "ab", "b;", "é"] }
    private static var names: [FieldValue] { ["x", "x\0", "", "xy", "y", "é"] }
    private static var prices: [String] { ["0.00", "1.50", "-2.25", "10.00"] }
    private static var extras: [String] {
        [
            #"{"at":{"city":"Rome"},"tags":["p","q","p"],"n":1}"#, #"{"tags":[],"n":1.0}"#, #"{"tags":"p","n":1.5}"#,
            #"{"at":{"city":null},"tags":[null,2,"q"],"n":9007199254740993}"#, "[]", #"{"n":9007199254740992}"#,
            #"{"at":{"city":7},"tags":[true,{"a":1}],"n":"1"}"#, #"{"at":{"city":"Rom"},"n":1.10000000000000000001}"#,
        ]
    }

    private static func record(_ random: inout SeededGenerator, _ codes: inout Int) -> DynamicRecord {
        var record: DynamicRecord = [
            "group": pick(groups, &random), "id": .scalar(.integer(.random(in: -2...12, using: &random))),
        ]
        if Bool.random(using: &random) { record["name"] = pick(names, &random) }
        if Bool.random(using: &random) { record["year"] = pick([1990, -300, .null, 5, 70_000], &random) }
        if Bool.random(using: &random), let price = FixedDecimal(pick(prices, &random)) {
            record["price"] = .scalar(.decimal(price))
        }
        if Bool.random(using: &random) { record["score"] = pick([0.5, -1.0, 0.0, 2.0], &random) }
        if Bool.random(using: &random) {
            codes += 1
            record["code"] = .scalar(.string("c\(codes)"))
        }
        if Bool.random(using: &random), let json = try? JSONValue(parsing: pick(extras, &random)) {
            record["extra"] = .json(json)
        }
        return record
    }

    // MARK: - Questions

    private func value(of path: String) -> FieldValue {
        switch path {
        case "group": QueryModel.pick(QueryModel.groups + ["zz"], &random)
        case "id": .scalar(.integer(.random(in: -3...13, using: &random)))
        case "name": QueryModel.pick(QueryModel.names + [.null], &random)
        case "year": QueryModel.pick([1990, -300, .null, 5, 6, 70_000, 5.5], &random)
        case "price": QueryModel.pick([1.5, 0, -2.25, 1.505, 10], &random)
        case "score": QueryModel.pick([0.5, -1, 0, 2, 0.1], &random)
        case "code": .scalar(.string("c\(Int.random(in: 0...40, using: &random))"))
        case "extra.n": QueryModel.pick([1, 1.5, .json(.integer(9_007_199_254_740_993)), "1", .null], &random)
        case "extra.at.city": QueryModel.pick(["Rome", "Rom", 7, .null], &random)
        default: QueryModel.pick(["p", "q", 2, true, .null], &random)
        }
    }

    private var paths: [String] {
        ["group", "id", "name", "year", "price", "score", "code", "extra.n", "extra.at.city", "extra.tags[]"]
    }

    private func condition(depth: Int = 0) -> Condition {
        let path = QueryModel.pick(paths, &random)
        let isText = ["group", "name", "code", "extra.at.city", "extra.tags[]"].contains(path)
        switch Int.random(in: 0...(depth < 3 ? 11 : 7), using: &random) {
        case 0, 1: return .compare(path, .equal, value(of: path))
        case 2, 3: return .compare(path, QueryModel.pick(Comparison.allCases, &random), value(of: path))
        case 4: return .isIn(path, (0..<Int.random(in: 0...3, using: &random)).map { _ in value(of: path) })
        case 5: return .exists(path)
        case 6 where isText: return .startsWith(path, QueryModel.pick(["", "x", "a", "c1", "R"], &random))
        case 8, 9, 10:
            return .and((0..<Int.random(in: 0...3, using: &random)).map { _ in condition(depth: depth + 1) })
        case 11: return .or((0..<Int.random(in: 1...2, using: &random)).map { _ in condition(depth: depth + 1) })
        case 7: return .not(.compare(path, .equal, value(of: path)))
        default: return .all
        }
    }

    private func order() -> [Query.Order] {
        (0..<Int.random(in: 0...2, using: &random)).map { _ in
            Query.Order(QueryModel.pick(paths.dropLast(), &random), descending: Bool.random(using: &random))
        }
    }

    // MARK: - Answers

    /// The value at a path that has no `[]`.
    private func value(at path: String, _ record: DynamicRecord) -> FieldValue? {
        let steps = path.split(separator: ".").map(String.init)
        guard let value = record[steps[0]] else { return nil }
        guard steps.count > 1 else { return value }
        var json: JSONValue? = value.json
        for step in steps.dropFirst() {
            guard case .object(let object)? = json else { return nil }
            json = object[step]
        }
        return json.map { .json($0) }
    }

    /// Absent, null, objects and arrays, strings, numbers, booleans; a negative number, zero or a positive one.
    private func compare(_ left: FieldValue?, _ right: FieldValue?) -> Int {
        func rank(_ value: FieldValue?) -> Int {
            switch value?.json {
            case nil: 0
            case .null?: 1
            case .array?, .object?: 2
            case .string?: 3
            case .number?: 4
            case .bool?: 5
            }
        }
        guard rank(left) == rank(right) else { return rank(left) - rank(right) }
        switch (left?.json, right?.json) {
        case (.string(let left)?, .string(let right)?): return left.utf8.span.compare(to: right.utf8.span)
        case (.number(let left)?, .number(let right)?):
            if let left = left.integer, let right = right.integer { return left < right ? -1 : left == right ? 0 : 1 }
            return left.double < right.double ? -1 : left.double == right.double ? 0 : 1
        case (.bool(let left)?, .bool(let right)?): return left == right ? 0 : right ? -1 : 1
        default: return 0
        }
    }

    private func isOrdered(_ left: DynamicRecord, _ right: DynamicRecord, _ order: [Query.Order]) -> Bool {
        for term in order {
            let step = compare(value(at: term.path, left), value(at: term.path, right))
            if step != 0 { return (step < 0) != term.isDescending }
        }
        return true
    }

    private var choices: [PlanChoice] { [.cheapest, .records] + schema.indexes.map { .index($0.name) } }

    private func key(_ record: DynamicRecord) -> [FieldValue?] { [record["group"], record["id"]] }

    func run(queries: Int) throws {
        for round in 0..<queries {
            let condition = condition()
            let order = order()
            let place: Comment = "seed \(seed), query \(round): \(condition), by \(order)"
            let filter = try CompiledCondition(condition, schema.definition)
            let matching = try all.filter { record in
                var buffer = RecordBuffer(schema)
                try buffer.encode(record)
                return filter.matches(buffer)
            }
            for choice in choices {
                do {
                    try check(condition, order, matching, choice, "\(place), \(choice)")
                } catch let error as RecordError where error.code == .indexNotReady {
                    continue
                }
            }
            #expect(try records.count(where: condition) == matching.count, place)
            try checkDistinct(condition, matching, place)
            try checkGroups(condition, matching, place)
        }
    }

    private func check(
        _ condition: Condition, _ order: [Query.Order], _ matching: [DynamicRecord], _ choice: PlanChoice,
        _ place: Comment
    ) throws {
        let selects: [[String]?] = [nil, ["id", "group"], ["group", "id", "name", "year", "price"]]
        let select = QueryModel.pick(selects, &random)
        var query = Query(
            where: condition, select: select, order: order, memory: Bool.random(using: &random) ? 1 : 1 << 20)
        // Of fields alone it cannot be told which record it is: there are as many of them.
        for fields in [[], ["name"], ["year", "price"]] as [[String]] {
            var count = 0
            let narrow = Query(where: condition, select: fields, order: order)
            try records.results(narrow, choice: choice) { record in
                count += 1
                _ = try record.record(wanted: Set(fields))
                return true
            }
            #expect(count == matching.count, place)
        }
        var found: [DynamicRecord] = []
        let wanted = select.map { Set($0) }
        try records.results(query, choice: choice) { record in
            found.append(try record.record(wanted: wanted))
            return true
        }
        let expected = Dictionary(uniqueKeysWithValues: matching.map { (key($0), $0) })
        func whole(_ records: [DynamicRecord]) -> [DynamicRecord] { records.compactMap { expected[key($0)] } }
        try #require(found.count == matching.count, place)
        #expect(Set(found.map(key)) == Set(expected.keys), place)
        for record in found {
            let full = expected[key(record)]
            let names = select ?? schema.definition.fields.map(\.name)
            #expect(names.allSatisfy { record[$0] == full?[$0] }, place)
        }
        let sorted = whole(found)
        #expect(zip(sorted, sorted.dropFirst()).allSatisfy { isOrdered($0, $1, order) }, place)

        // Some of them are a part of all of them.
        query.limit = Int.random(in: 0...5, using: &random)
        query.skip = Int.random(in: 0...3, using: &random)
        var some: [DynamicRecord] = []
        try records.results(query, choice: choice) { record in
            some.append(try record.record(wanted: wanted))
            return true
        }
        let expectedSome = Array(found.dropFirst(query.skip).prefix(query.limit ?? 0))
        // With a limit another plan may be the cheapest, and have its own order among equals.
        #expect(choice == .cheapest ? some.count == expectedSome.count : some == expectedSome, place)
        #expect(Set(some.map(key)).count == some.count, place)

        // Pages, each of another plan, are all of them together.
        query.skip = 0
        query.limit = Int.random(in: 1...7, using: &random)
        var paged: [DynamicRecord] = []
        repeat {
            let plan = paged.isEmpty ? choice : QueryModel.pick(choices, &random)
            let page: RecordPage<DynamicRecord>
            do {
                page = try records.page(query, choice: plan) { try $0.record(wanted: wanted) }
            } catch let error as RecordError where error.code == .indexNotReady && !paged.isEmpty {
                continue
            }
            paged += page.records
            query.after = page.next
        } while query.after != nil && paged.count <= found.count
        #expect(paged.count == found.count, place)
        #expect(Set(paged.map(key)) == Set(found.map(key)), place)
        let pagedWhole = whole(paged)
        #expect(zip(pagedWhole, pagedWhole.dropFirst()).allSatisfy { isOrdered($0, $1, order) }, place)
    }

    private func checkDistinct(_ condition: Condition, _ matching: [DynamicRecord], _ place: Comment) throws {
        for path in paths.dropLast() {
            let values = try records.distinct(path, where: condition)
            var expected: [FieldValue] = []
            for record in matching {
                guard let value = value(at: path, record) else { continue }
                if !expected.contains(where: { compare($0, value) == 0 && ($0.json.kind == value.json.kind) }) {
                    expected.append(value)
                }
            }
            #expect(values.count == expected.count, "\(place), distinct \(path): \(values)")
            #expect(zip(values, values.dropFirst()).allSatisfy { compare($0, $1) < 0 }, "\(place), distinct \(path)")
            #expect(
                values.allSatisfy { value in expected.contains { compare($0, value) == 0 } },
                "\(place), distinct \(path): \(values)")
        }
    }

    private func checkGroups(_ condition: Condition, _ matching: [DynamicRecord], _ place: Comment) throws {
        let by = (0..<Int.random(in: 0...2, using: &random)).map { _ in
            QueryModel.pick(["group", "id", "name", "year"], &random)
        }
        let groups = try records.aggregate(
            [.count, .sum("id"), .sum("price"), .min("year"), .max("name"), .average("score")], by: by,
            where: condition)
        var expected: [[FieldValue?]: [DynamicRecord]] = [:]
        for record in matching { expected[by.map { record[$0] }, default: []].append(record) }
        if by.isEmpty { expected[[], default: []] += [] }
        #expect(groups.count == expected.count, place)
        for group in groups {
            let members = try #require(expected[group.values], place)
            #expect(group.results[0] == .scalar(.integer(Int64(members.count))), place)
            let ids = members.compactMap { $0["id"]?.json }.compactMap { value in
                if case .number(let number) = value { number.integer } else { nil }
            }
            #expect(group.results[1] == (members.isEmpty ? nil : .scalar(.integer(ids.reduce(0, +)))), place)
            let cents = members.compactMap { record -> Int128? in
                guard case .scalar(.decimal(let price))? = record["price"] else { return nil }
                return price.unscaled
            }
            let sum = FixedDecimal(unscaled: cents.reduce(0, +), scale: 2)
            #expect(group.results[2] == (cents.isEmpty ? nil : sum.map { .scalar(.decimal($0)) }), place)
            let years = members.compactMap { $0["year"] }.filter { $0 != .null }
            #expect(group.results[3] == years.min { compare($0, $1) < 0 }, place)
            let names = members.compactMap { $0["name"] }
            #expect(group.results[4] == names.max { compare($0, $1) < 0 }, place)
            let scores = members.compactMap { record -> Double? in
                if case .scalar(.double(let score))? = record["score"] { score } else { nil }
            }
            #expect(
                group.results[5]
                    == (scores.isEmpty ? nil : .scalar(.double(scores.reduce(0, +) / Double(scores.count)))), place)
        }
    }
}
