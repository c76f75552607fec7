import Commands
import Testing

@Suite("Commands on records")
struct RecordCommandTests {
    let server: TestEngine
    let client: Client

    private static let schema = """
        schema: book
        version: 1
        key: "book:{genre}:{id}:{field}"
        fields:
          genre: {id: 1, type: string}
          id: {id: 2, type: string}
          title: {id: 3, type: string, required: true}
          year: {id: 4, type: int, nullable: true}
        indexes:
          byYear: {id: 1, on: [year]}
        """

    init() throws {
        server = try TestEngine(withRecords: ())
        client = server.client()
        client.run(["LV.SCHEMA", "APPLY", Self.schema])
        for (id, title, year) in [("1", "Dune", 1965), ("2", "Emma", 1815), ("3", "Ulysses", 1922)] {
            let json = "{\"genre\":\"novel\",\"id\":\"\(id)\",\"title\":\"\(title)\",\"year\":\(year)}"
            #expect(client.run(["LV.RECORD", "INSERT", "book", json]) == .ok)
        }
    }

    @Test("schemas are applied, listed, shown and removed")
    func schemas() {
        #expect(client("LV.SCHEMA LIST") == ["book"])
        guard case .map(let parts) = client("LV.SCHEMA SHOW book") else {
            Issue.record("there is no schema")
            return
        }
        #expect(parts.prefix(2) == ["schema", "book"])
        #expect(
            client.run(["LV.SCHEMA", "APPLY", Self.schema]) == .map(["outcome", "unchanged", "indexesToBuild", []]))
        #expect(client("LV.SCHEMA REMOVE book").isError("ERR "))
        #expect(client("LV.SCHEMA REMOVE book KEEPDATA") == .ok)
        #expect(client("GET book:novel:1:title") == "Dune")
        #expect(client("LV.SCHEMA SHOW book").isError("NOTFOUND "))
        #expect(client.run(["LV.SCHEMA", "APPLY", "nonsense"]).isError("ERR "))
    }

    @Test("records are maps in RESP3 and JSON in RESP2")
    func get() {
        #expect(
            client("LV.RECORD GET book novel 1")
                == .map(["genre", "novel", "id", "1", "title", "Dune", "year", 1965]))
        #expect(client("LV.RECORD GET book novel 1 FIELDS title") == .map(["title", "Dune"]))
        #expect(client("LV.RECORD GET book novel 9") == nil)
        #expect(
            client.run(["LV.RECORD", "GET", "book", "novel", "1"], version: 2)
                == #"{"genre":"novel","id":"1","title":"Dune","year":1965}"#)
    }

    @Test("records are changed and deleted, and what a schema refuses is refused")
    func change() {
        #expect(
            client.run(["LV.RECORD", "UPDATE", "book", #"{"year":null}"#, "novel", "1"])
                == .map(["genre", "novel", "id", "1", "title", "Dune", "year", nil]))
        #expect(
            client.run(["LV.RECORD", "UPDATE", "book", "{}", "novel", "1", "REMOVE", "year"])
                == .map(["genre", "novel", "id", "1", "title", "Dune"]))
        #expect(client("LV.RECORD DELETE book novel 1") == 1)
        #expect(client("LV.RECORD DELETE book novel 1") == 0)
        #expect(client("LV.RECORD COUNT book novel") == 2)
        #expect(
            client.run(["LV.RECORD", "INSERT", "book", #"{"genre":"novel","id":"2","title":"x"}"#]).isError("ERR "))
        #expect(client.run(["LV.RECORD", "PUT", "book", #"{"genre":"novel","id":"4"}"#]).isError("ERR "))
        #expect(client.run(["LV.RECORD", "PUT", "book", "nonsense"]).isError("ERR this is no JSON"))
        #expect(client("LV.RECORD GET nobook 1").isError("NOTFOUND "))
        #expect(client("SET book:novel:2:year abc").isError("ERR "))
    }

    @Test("a schema's refusal makes EXEC do nothing at all")
    func exec() {
        client("MULTI")
        client("SET plain 1")
        client("SET book:novel:2:year abc")
        #expect(client("EXEC").isError("ERR "))
        #expect(client("GET plain") == nil)
        client("MULTI")
        #expect(client("LV.RECORD GET book novel 1") == .error("ERR Command not allowed inside a transaction"))
        client("DISCARD")
    }

    @Test("a scan comes in pages")
    func scan() {
        guard case .array(let page) = client("LV.RECORD SCAN book UNDER 1 novel FIELDS id LIMIT 2"), page.count == 2
        else {
            Issue.record("there is no page")
            return
        }
        #expect(page[1] == [.map(["id", "1"]), .map(["id", "2"])])
        let rest = client("LV.RECORD SCAN book UNDER 1 novel FIELDS id LIMIT 2 AFTER \(page[0].text)")
        #expect(rest == [nil, [.map(["id", "3"])]])
        #expect(client("LV.RECORD SCAN book REV FIELDS id LIMIT 1").element(1) == [.map(["id", "3"])])
        #expect(client("LV.RECORD SCAN book UNDER 1") == .error("ERR syntax error"))
        #expect(client("LV.RECORD SCAN book UNDER 2 novel") == .error("ERR syntax error"))
        #expect(client("LV.RECORD SCAN book UNDER 0").isError("ERR "))
    }

    @Test("a part of a key may be called as an option is")
    func partsLikeOptions() {
        client.run(["LV.RECORD", "PUT", "book", #"{"genre":"FIELDS","id":"to","title":"Odd"}"#])
        #expect(client("LV.RECORD GET book FIELDS to FIELDS title") == .map(["title", "Odd"]))
        #expect(client("LV.RECORD MOVE book FIELDS to TO to to") == .ok)
        #expect(client("LV.RECORD COUNT book FIELDS") == 0)
        #expect(client("LV.RECORD COUNT book to") == 1)
    }

    @Test("a record is moved, and one that is in its way only when told so")
    func move() {
        #expect(client("LV.RECORD MOVE book novel 1 TO sf 1") == .ok)
        #expect(client("LV.RECORD GET book sf 1 FIELDS title") == .map(["title", "Dune"]))
        #expect(client("LV.RECORD MOVE book novel 1 TO sf 2").isError("NOTFOUND "))
        #expect(client("LV.RECORD MOVE book novel 2 TO sf 1").isError("ERR "))
        #expect(client("LV.RECORD MOVE book novel 2 TO sf 1 OVERWRITE") == .ok)
        #expect(client("LV.RECORD GET book sf 1 FIELDS title") == .map(["title", "Emma"]))
        #expect(client("LV.RECORD MOVE book novel 3 AS sf 3") == .error("ERR syntax error"))
        #expect(client("LV.RECORD MOVE book novel 3 TO sf 3 NOW") == .error("ERR syntax error"))
    }

    @Test("many records are written at once, and those that are refused are told")
    func load() {
        func row(_ id: String, _ year: String = "1") -> String {
            #"{"genre":"x","id":"\#(id)","title":"t","year":\#(year)}"#
        }
        func load(_ options: String..., rows: String...) -> Reply {
            client.run(["LV.RECORD", "LOAD", "book"] + options + rows, version: 2)
        }
        #expect(load(rows: row("1"), row("2")) == #"{"written":2,"problems":[]}"#)
        guard case .bulk(let text) = load("INSERT", rows: row("2"), row("3", #""soon""#), row("4")) else {
            Issue.record("there is no reply")
            return
        }
        #expect(text.hasPrefix(#"{"written":1,"problems":[{"row":0,"#))
        #expect(text.contains(#"{"row":1,"field":"year","#))
        #expect(client("LV.RECORD COUNT book x") == 3)
        #expect(load("CHECK", rows: row("5")) == #"{"written":1,"problems":[]}"#)
        #expect(client("LV.RECORD COUNT book x") == 3)
        guard case .bulk(let text) = load("STOP", rows: row("6"), row("7", "true"), row("8")) else {
            Issue.record("there is no reply")
            return
        }
        #expect(text.hasPrefix(#"{"written":1,"problems":[{"row":1,"field":"year","#))
        #expect(client("LV.RECORD COUNT book x") == 4)
        #expect(load("NOW", rows: row("9")) == .error("ERR syntax error"))
        #expect(load("SYNCED") == .error("ERR syntax error"))
        #expect(load(rows: row("9"), "nonsense").isError("ERR this is no JSON"))
        #expect(client("LV.RECORD COUNT book x") == 4)
    }

    @Test("records are found by an index, in pages")
    func find() {
        #expect(
            client("LV.RECORD FIND book byYear FROM 1900 FIELDS title")
                == [nil, [.map(["title", "Ulysses"]), .map(["title", "Dune"])]])
        #expect(client("LV.RECORD FIND book byYear VALUES 1 1815 FIELDS id") == [nil, [.map(["id", "2"])]])
        guard case .array(let page) = client("LV.RECORD FIND book byYear REV LIMIT 2 FIELDS id"), page.count == 2 else {
            Issue.record("there is no page")
            return
        }
        #expect(page[1] == [.map(["id", "1"]), .map(["id", "3"])])
        #expect(
            client("LV.RECORD FIND book byYear REV FIELDS id AFTER \(page[0].text)") == [nil, [.map(["id", "2"])]])
        #expect(client("LV.RECORD FIND book byName").isError("NOTFOUND "))
        #expect(client("LV.RECORD FIND book byYear FROM soon").isError("ERR "))
        #expect(client("LV.RECORD FIND book byYear VALUES 2 1815") == .error("ERR syntax error"))
    }

    @Test("a change of a schema is planned, made, undone and told")
    func schemaChange() {
        let packed = Self.schema.replacing("version: 1", with: "version: 2").replacing(
            "title: {id: 3, type: string", with: "title: {id: 3, maxBytes: 3, type: string")
        let plan = client.run(["LV.SCHEMA", "PLAN", packed], version: 2).text
        #expect(plan.contains(#""oldVersion":1"#) && plan.contains(#""obstacleCount":"#))
        #expect(!plan.contains(#""obstacleCount":0"#))
        #expect(client("LV.SCHEMA COMMIT book").isError("ERR "))
        #expect(client("LV.SCHEMA ROLLBACK book").isError("ERR "))
        let moved = Self.schema.replacing("version: 1", with: "version: 2").replacing(
            "{genre}:{id}", with: "{id}:{genre}")
        #expect(client.run(["LV.SCHEMA", "PLAN", moved], version: 2).text.contains(#""rewrites":true"#))
        #expect(client("LV.RECORD GET book novel 1 FIELDS title") == .map(["title", "Dune"]))
        #expect(client.run(["LV.SCHEMA", "APPLY", moved], version: 2).text.contains("migrated"))
        #expect(client("LV.RECORD GET book 1 novel FIELDS title") == .map(["title", "Dune"]))
        #expect(client.run(["LV.SCHEMA", "ROLLBACK", "book", "CHECK"], version: 2).text.contains(#""version":1"#))
        #expect(client.run(["LV.SCHEMA", "ROLLBACK", "book"], version: 2).text.contains(#""version":1"#))
        #expect(client("LV.RECORD GET book novel 1 FIELDS title") == .map(["title", "Dune"]))
        #expect(client.run(["LV.SCHEMA", "APPLY", moved], version: 2).text.contains("migrated"))
        #expect(client("LV.SCHEMA COMMIT book") == .ok)
        let history = client.run(["LV.SCHEMA", "HISTORY", "book"], version: 2).text
        for event in ["created", "migrated", "rolledBack", "committed"] { #expect(history.contains("\"\(event)\"")) }
        #expect(client("LV.SCHEMA HISTORY none").isError("NOTFOUND "))
    }

    @Test("queries find, order, count and explain")
    func query() {
        #expect(
            client.run(["LV.QUERY", "book", "WHERE", "year < 1950", "SELECT", "title", "ORDER", "year:desc"])
                == [.map(["title", "Ulysses"]), .map(["title", "Emma"])])
        #expect(client.run(["LV.QUERY", "book", "FILTER", #"{"year":{"$gte":1922}}"#, "COUNT"]) == 2)
        guard case .map(let plan) = client.run(["LV.QUERY", "book", "WHERE", "year = 1922", "EXPLAIN"]) else {
            Issue.record("there is no plan")
            return
        }
        #expect(plan.first == "plan")
        #expect(client.run(["LV.QUERY", "book", "WHERE", "nonsense ="]).isError("ERR "))
        #expect(client("LV.QUERY book LIMIT 1 SELECT id ORDER id").element(1) == [.map(["id", "1"])])
    }

    @Test("indexes are listed and verified")
    func indexes() {
        #expect(client("LV.INDEX LIST book") == [.map(["name", "byYear", "ready", .bool(true)])])
        #expect(
            client("LV.INDEX VERIFY book")
                == .map(["records", 3, "entries", 3, "differences", 0, "unbuilt", [], "first", []]))
        #expect(client("LV.INDEX REBUILD book byYear") == 3)
    }

    @Test("documents need no schema")
    func documents() {
        guard case .array(let ids) = client.run(["LV.DOC", "INSERT", "notes", #"{"a":1}"#, #"{"a":2}"#]) else {
            Issue.record("nothing was inserted")
            return
        }
        #expect(ids.count == 2)
        #expect(client.run(["LV.DOC", "COUNT", "notes", #"{"a":{"$gt":1}}"#]) == 1)
        #expect(
            client.run(["LV.DOC", "UPDATE", "notes", "{}", #"{"$set":{"b":true}}"#, "MANY"])
                == .map(["matched", 2, "modified", 2]))
        #expect(
            client.run(["LV.DOC", "FIND", "notes", #"{"a":2}"#, "PROJECTION", #"{"_id":0,"b":1}"#])
                == [.map(["b", .bool(true)])])
        #expect(client.run(["LV.DOC", "DELETE", "notes", #"{"a":1}"#]) == 1)
        #expect(client("LV.DOC COUNT notes") == 1)
        #expect(client("LV.DOC DISTINCT notes a") == [2])
        #expect(
            client.run(["LV.DOC", "REPLACE", "notes", #"{"a":2}"#, #"{"a":3}"#]) == .map(["matched", 1, "modified", 1]))
        #expect(client("LV.DOC DISTINCT notes a") == [3])
        #expect(
            client.run(["LV.DOC", "REPLACE", "notes", #"{"a":9}"#, #"{"_id":9,"a":9}"#])
                == .map(["matched", 0, "modified", 0]))
        #expect(
            client.run(["LV.DOC", "REPLACE", "notes", #"{"a":9}"#, #"{"_id":9,"a":9}"#, "UPSERT"])
                == .map(["matched", 0, "modified", 0, "upsertedId", 9]))
        #expect(client.run(["LV.DOC", "INDEX", "notes", #"{"a":-1}"#, "NAME", "byA", "SPARSE"]) == "byA")
        #expect(client("LV.DOC DROPINDEX notes byA") == .ok)
        #expect(client("LV.DOC DROPINDEX notes byA").isError("NOTFOUND "))
        #expect(client("LV.DOC CREATE empty") == .ok)
        #expect(client("LV.SCHEMA LIST") == ["book", "empty", "notes"])
        #expect(client("LV.DOC FIND notes nonsense").isError("ERR syntax error"))
    }

    @Test("each family explains itself")
    func help() {
        for name in ["SCHEMA", "RECORD", "INDEX", "DOC"] {
            guard case .array(let lines) = client("LV.\(name) HELP") else {
                Issue.record("LV.\(name) has no help")
                continue
            }
            #expect(lines.first == .simple("LV.\(name) <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"))
        }
    }
}

extension Reply {
    /// An element of an array.
    func element(_ index: Int) -> Reply? {
        if case .array(let values) = self, values.indices.contains(index) { values[index] } else { nil }
    }
}
