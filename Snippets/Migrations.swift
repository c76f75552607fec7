// A program that changes the schema of its records.

import Foundation
import LVKV

let path = FileManager.default.temporaryDirectory.appending(path: "migrations-\(UUID()).lvkv").path
let database = try Database(at: path)

let personV1 = try SchemaDefinition(
    parsing: """
        schema: person
        version: 1
        key: "person:{id}:{field}"
        fields:
          id:   {id: 1, type: int}
          name: {id: 2, type: string}
        """, file: "person.yaml")
let personV2 = try SchemaDefinition(
    parsing: """
        schema: person
        version: 2
        key: "person:{id}:{field}"
        fields:
          id:    {id: 1, type: int}
          first: {id: 3, type: string}
          last:  {id: 4, type: string}
        retired: {fields: [2]}
        """, file: "person.yaml")
try database.migrate([Migration("v1", to: personV1)])
try database.records("person").insert(["id": 1, "name": "Ada Lovelace"])

// snippet.migrations
let migrations = [
    Migration("v1", to: personV1),
    Migration("v2: split the name", to: personV2) { old in
        var person = old
        if case .scalar(.string(let name))? = old["name"], let space = name.firstIndex(of: " ") {
            person["name"] = nil
            person["first"] = .scalar(.string(String(name[..<space])))
            person["last"] = .scalar(.string(String(name[space...].dropFirst())))
        }
        return person
    },
]
try database.migrate(migrations)
// snippet.end

try database.records("person").forEach { print($0.json) }  // {"id":1,"first":"Ada","last":"Lovelace"}
try database.close()
try FileManager.default.removeItem(atPath: path)
