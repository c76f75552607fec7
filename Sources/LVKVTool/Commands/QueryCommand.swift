internal import ArgumentParser
internal import LVKV
internal import Records

/// `lvkv query`.
struct QueryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Print the records that are as a condition says, in any order.",
        discussion: """
            A condition compares paths with values: = != < <= > >=, in (…), exists, starts with, matches, joined by \
            and, or, not and brackets. A path is a part of the key, a field or a place in a json field: \
            extra.publisher.city; extra.tags[] is each element. --filter takes the same as JSON, in MongoDB's form.

            The records are found by their keys or by an index, whichever is expected to read less; --explain runs \
            the query and prints how it was answered and what was read, in place of the records.

            --page-size prints so many records and, on standard error, the token of the next page for --after. A token \
            is good for the same query at any later time.

            EXAMPLES
              lvkv --db library query book --where 'author = "Tolkien, J." and year >= 1950' --order year:desc
              lvkv --db library query book --filter '{"year": {"$gte": 1950}}' --select title,year --limit 20
              lvkv --db library query book --where 'genre = "fantasy"' --count
              lvkv --db library query book --distinct genre
              lvkv --db library query book --group-by genre --aggregate count,min:year,avg:year
              lvkv --db library query book --where 'author starts with "Tol"' --order author --explain

            EXIT STATUS
              0 done, also when nothing was found, 1 there is no such schema, 64 the condition or another option makes \
            no sense, 65 damaged data
            """)

    @OptionGroup var place: Place
    @Argument(help: "The schema's name.") var schema: String
    @Option(name: .customLong("where"), help: ArgumentHelp("What the records are like.", valueName: "condition"))
    var condition: String?
    @Option(help: ArgumentHelp("What the records are like, as a JSON object.", valueName: "json")) var filter: String?
    @Option(help: ArgumentHelp("Only these fields, in this order, with commas between them.", valueName: "a,b"))
    var select: String?
    @Option(
        help: ArgumentHelp(
            "What to order by, the most significant first; :desc for larger values first.",
            valueName: "a,b:desc"))
    var order: String?
    @Option(help: ArgumentHelp("At most so many records.", valueName: "n")) var limit: Int?
    @Option(help: ArgumentHelp("Leave out so many of the first records.", valueName: "n")) var skip: Int?
    @Option(help: ArgumentHelp("Print one page of so many records.", valueName: "n")) var pageSize: Int?
    @Option(help: ArgumentHelp("Go on after the page that said this.", valueName: "token")) var after: String?
    @Flag(help: "Print how many records there are.") var count = false
    @Option(help: ArgumentHelp("Print the different values at a path.", valueName: "path")) var distinct: String?
    @Option(help: ArgumentHelp("Put the records together that have these values alike.", valueName: "a,b"))
    var groupBy: String?
    @Option(
        help: ArgumentHelp(
            "What to make of each group: count, sum:x, min:x, max:x, avg:x. Without it: count.",
            valueName: "count,sum:x"))
    var aggregate: String?
    @Flag(help: "Run the query, and print how it was answered in place of the records.") var explain = false
    @Option(help: ArgumentHelp("The most memory for sorting and grouping, in MiB; 64 without it.", valueName: "mib"))
    var memory: Int?
    @Option(help: "text, json, jsonl or csv. Without it: a table on a terminal, jsonl elsewhere.")
    var format: Format?

    private var isGrouped: Bool { groupBy != nil || aggregate != nil }

    func validate() throws {
        try SchemaCommand.check(format ?? .text, [.text, .json, .jsonl, .csv])
        for (name, number, least) in [
            ("limit", limit, 0), ("skip", skip, 0), ("page-size", pageSize, 1), ("memory", memory, 1),
        ] {
            if let number, number < least {
                throw ValidationError("--\(name) is \(number); it must be \(least) or more")
            }
        }
        if let memory, memory > 1 << 20 {
            throw ValidationError("--memory is \(memory) MiB; it must be 1048576 or less")
        }
        if condition != nil && filter != nil { throw ValidationError("give either --where or --filter") }
        let forms = [
            count ? "--count" : nil, distinct.map { _ in "--distinct" }, isGrouped ? "--group-by and --aggregate" : nil,
        ]
        .compactMap { $0 }
        if forms.count > 1 { throw ValidationError("\(forms[0]) and \(forms[1]) cannot be asked for at once") }
        let isPaged = pageSize != nil || after != nil
        if isPaged && explain { throw ValidationError("--explain prints no page; leave --page-size and --after out") }
        if isPaged && limit != nil { throw ValidationError("--page-size is the limit of a page; leave --limit out") }
        let isListed = select != nil || order != nil || limit != nil || skip != nil || isPaged
        if let form = forms.first, isListed {
            throw ValidationError("--select, --order, --limit, --skip and pages are for records, not for \(form)")
        }
    }

    func run() throws {
        do { try answer() } catch let error as RecordError {
            // Of a record that is there the key is named: that is no mistake of the command line.
            guard error.key == nil, error.code == .unknownField || error.code == .invalidValue else { throw error }
            throw Failure.usage("\(error)")
        }
    }

    private func answer() throws {
        try place.refuseAtServer([("--memory", memory != nil)])
        if let remote = try place.remoteRecords(schema) { return try answer(from: remote) }
        let database = try place.open()
        let records = try database.keyspace.records(schema)
        let definition = try records.schema
        let condition = try boundCondition(definition)
        let memory = memory.map { $0 << 20 } ?? Query.usualMemory
        if let distinct {
            let (values, explanation) = try records.explainedDistinct(distinct, where: condition, memory: memory)
            if explain { return try print(explanation) }
            return try printRows([distinct], values.map { [$0] })
        }
        if isGrouped {
            let paths = QueryCommand.words(groupBy)
            let aggregates = try aggregates()
            let (groups, explanation) = try records.explainedAggregate(
                aggregates, by: paths, where: condition, memory: memory)
            if explain { return try print(explanation) }
            return try printRows(
                paths + aggregates.map(\.description), groups.map { $0.values + $0.results })
        }
        var query = Query(
            where: condition, select: select.map { QueryCommand.words($0) }, order: try terms(),
            limit: limit ?? pageSize,
            skip: skip ?? 0, after: after, memory: memory)
        if count { query.select = [] }
        if explain { return try print(try records.explain(query)) }
        if count { return try printCount(try records.count(where: condition)) }
        try printRecords(definition) { print in
            guard pageSize != nil || after != nil else {
                try records.forEach(query, print)
                return nil
            }
            let page = try records.page(query)
            for record in page.records { try print(record) }
            return page.next
        }
    }

    /// The same from a server, which is asked for a page at a time.
    private func answer(from remote: RemoteRecords) throws {
        _ = try boundCondition(remote.schema)
        _ = try terms()
        var words = condition.map { ["WHERE", $0] } ?? filter.map { ["FILTER", $0] } ?? []
        if count && !explain { return try printCount(try remote.count(words)) }
        if let distinct { words += ["DISTINCT", distinct] }
        if isGrouped {
            words += RemoteRecords.names("GROUP", groupBy.map { QueryCommand.words($0) })
            words += ["AGGREGATE", try aggregates().map(\.description).joined(separator: ",")]
        }
        if distinct != nil || isGrouped, !explain { return try printValues(try remote.values(words)) }
        words += RemoteRecords.names("SELECT", count ? [] : select.map { QueryCommand.words($0) })
        if let order { words += ["ORDER", order] }
        if let skip { words += ["SKIP", "\(skip)"] }
        if explain {
            if let limit { words += ["LIMIT", "\(limit)"] }
            return try print(QueryExplanation(json: try remote.explain(words)))
        }
        try printRecords(remote.schema) { print in
            guard pageSize != nil || after != nil else {
                try remote.forEach(remote.query(words), limit: limit, print)
                return nil
            }
            let page = try remote.page(remote.query(words), limit: pageSize ?? 100, after: after)
            for record in page.records { try print(record) }
            return page.next
        }
    }

    // MARK: - The question

    /// The condition, checked with the schema.
    private func boundCondition(_ schema: SchemaDefinition) throws -> Condition {
        do throws(ConditionError) {
            if let condition { return try Condition(parsing: condition, for: schema) }
            if let filter { return try Condition(parsingFilter: filter, for: schema) }
        } catch {
            if let caret = error.caret { Notice.show(caret) }
            throw Failure.usage("\(condition == nil ? "--filter" : "--where"): \(error)")
        }
        return .all
    }

    private static func words(_ list: String?) -> [String] {
        list.map { $0.split(separator: ",").map(String.init) } ?? []
    }

    private func terms() throws(Failure) -> [Query.Order] {
        var terms: [Query.Order] = []
        for word in QueryCommand.words(order) {
            let pieces = word.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pieces.count == 1 || ["asc", "desc"].contains(pieces[1]), !pieces[0].isEmpty else {
                throw .usage("--order: '\(word)' is no path with :asc or :desc behind it, as year:desc")
            }
            terms.append(Query.Order(pieces[0], descending: pieces.last == "desc" && pieces.count == 2))
        }
        return terms
    }

    private func aggregates() throws(Failure) -> [Aggregate] {
        guard let aggregate else { return [.count] }
        var aggregates: [Aggregate] = []
        for word in QueryCommand.words(aggregate) {
            guard let known = Aggregate(word) else {
                throw .usage("--aggregate: '\(word)' is none of count, sum:path, min:path, max:path, avg:path")
            }
            aggregates.append(known)
        }
        return aggregates
    }

    // MARK: - The answer

    private var form: Format { format ?? (Terminal.outputIsTerminal ? .text : .jsonl) }

    /// Prints the records that `body` hands on, and the token of the next page, which it returns.
    private func printRecords(
        _ schema: SchemaDefinition, _ body: ((DynamicRecord) throws -> Void) throws -> String?
    ) throws {
        var printer = RecordPrinter(
            Output.standard(), format: form, schema: schema, fields: select.map { QueryCommand.words($0) },
            forTerminal: Terminal.outputIsTerminal)
        try printer.begin()
        let next: String?
        do {
            next = try body { try printer.print($0) }
        } catch {
            // What could be read is worth having.
            try printer.end()
            throw error
        }
        try printer.end()
        if let next { Notice.print("next page: --after \(next)") }
    }

    /// Prints values under names: groups, or the values of a path.
    private func printRows(_ names: [String], _ rows: [[FieldValue?]]) throws {
        var printer = RecordPrinter(
            Output.standard(), format: form, columns: names, forTerminal: Terminal.outputIsTerminal)
        try printer.begin()
        for row in rows {
            var record = DynamicRecord()
            for (name, value) in zip(names, row) { record[name] = value }
            try printer.print(record)
        }
        try printer.end()
    }

    /// Prints what a server made of the records.
    private func printValues(_ values: [JSONValue]) throws {
        if let distinct { return try printRows([distinct], values.map { [QueryCommand.shown($0)] }) }
        let names = QueryCommand.words(groupBy) + (try aggregates()).map(\.description)
        try printRows(
            names,
            values.map { group in
                guard case .array(let values) = group else { return [] }
                // Absent and null look the same in an array; of groups the former is what there is.
                return values.map { $0 == .null ? nil : QueryCommand.shown($0) }
            })
    }

    /// A value that came as JSON, as it is printed.
    private static func shown(_ value: JSONValue) -> FieldValue {
        switch value {
        case .null: .null
        case .string(let text): .scalar(.string(text))
        case .bool(let flag): .scalar(.bool(flag))
        // 2.0 stays what it is.
        case .number(let number): Int64(number.text).map { .scalar(.integer($0)) } ?? .json(value)
        default: .json(value)
        }
    }

    private func printCount(_ count: Int) throws {
        let output = Output.standard()
        let isJSON = format == .json || format == .jsonl
        try output.line(isJSON ? #"{"records":\#(count)}"# : "\(count)")
        try output.flush()
    }

    private func print(_ explanation: QueryExplanation) throws {
        let output = Output.standard()
        switch format ?? .text {
        case .json: try output.line(explanation.json.text(.pretty))
        case .jsonl: try output.line(explanation.json.text())
        default: for line in "\(explanation)".split(separator: "\n") { try output.line(Escaping.message(String(line))) }
        }
        try output.flush()
    }
}
