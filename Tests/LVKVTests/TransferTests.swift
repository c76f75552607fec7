import LVKV
import Records
import Testing

private struct Account: Record {
    var id: Int, balance: Int, transfers: Int
    static let schema = RecordSchema<Account>(
        "account", version: 1, key: "account:{id}:{field}", indexes: [Index("byBalance", on: \.balance)])
}

@Suite("Transactions on records")
struct TransferTests {
    @Test("money that many threads move between accounts is neither made nor lost, at any moment")
    func transfers() throws {
        let place = try TestDatabase()
        let database = place.database
        let accounts = try database.records(of: Account.self)
        let (count, money, threads, rounds) = (6, 1_000, 8, 150)
        try accounts.insert(contentsOf: (0..<count).map { Account(id: $0, balance: money, transfers: 0) })

        try inParallel(threads) { thread in
            for round in 0..<rounds {
                if thread == 0 {
                    let found = try accounts.scan().reduce(0) { $0 + $1.balance }
                    #expect(found == count * money)
                    continue
                }
                let source = (thread * 7 + round * 5) % count
                let target = (source + 1 + round % (count - 1)) % count
                try database.transact { transaction in
                    func field(_ id: Int, _ name: String) throws -> Int {
                        try #require(Int(transaction.get("account:\(id):\(name)")?.string ?? ""))
                    }
                    let amount = min(try field(source, "balance"), 1 + round % 90)
                    try accounts.upsert(
                        Account(
                            id: source, balance: field(source, "balance") - amount,
                            transfers: field(source, "transfers") + 1), in: &transaction)
                    try accounts.upsert(
                        Account(
                            id: target, balance: field(target, "balance") + amount,
                            transfers: field(target, "transfers") + 1), in: &transaction)
                }
            }
        }

        let all = try accounts.scan()
        #expect(all.reduce(0) { $0 + $1.balance } == count * money)
        #expect(all.reduce(0) { $0 + $1.transfers } == 2 * (threads - 1) * rounds)
        #expect(try accounts.find(where: \.balance >= 0).count == count)
    }
}
