internal import ArgumentParser
internal import LVKV
internal import Records

/// `lvkv bench`.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure a server, or this database in the process, under load.",
        discussion: """
            Sends commands from many connections and shows how many a second were answered and how long they took, up to \
            the 99.99th percentile. It works on any server that speaks Redis's protocol. With --db the commands run in \
            this process, each connection on a thread of its own.

            Keys are --prefix and a number, and stay in the database; keys that are there are written over.

            MIXES are the core workloads of YCSB, on strings, and load their keys first:
              a  50 % read, 50 % update, zipfian       d  95 % read, 5 % insert, the latest read most
              b  95 % read, 5 % update, zipfian        e  95 % scan of 1 to 100 keys, 5 % insert, zipfian
              c  read only, zipfian                    f  50 % read, 50 % read-modify-write, zipfian
            Scans are LV.RANGE. Redis keeps its keys in no order: there a sorted set names the keys, its load and \
            inserts add to it, and ZRANGEBYLEX reads names without values. A read-modify-write is GET and SET of one key, \
            sent together.

            PLACEHOLDERS of --command
              {key}         a key in the --order that was chosen     {same}         the key drawn last, again
              {new}         a key that was not there                 {number}       the number of a key, bare
              {value}       --value-size bytes                       {random:1-100} a number between two
            Words may be quoted; '{{' is a brace; a word ';' begins another command, sent right behind. Several --command \
            make a mix, with shares as in --command '80% GET {key}'.

            By default the loop is closed: each connection sends --pipeline operations, waits for their replies, and goes \
            on. A slow server is then asked less, which hides latencies. With --rate it is open: operations are due at \
            fixed times, and a latency counts from then, whether or not the operation could be sent.

            EXAMPLES
              lvkv bench --url redis://127.0.0.1:6380 --mix b
              lvkv bench --url redis://127.0.0.1:6379 --mix a --rate 50000 --duration 60 --svg latency.svg
              lvkv bench --url redis://127.0.0.1:6380 --load --command 'GET {key}' --pipeline 16 --order uniform
              lvkv bench --url redis://127.0.0.1:6380 --command 'HSET h{random:1-9} f{number} {value}' --requests 100000
              lvkv bench --db library --mix c --connections 2 --format json
            """)

    @OptionGroup var place: Place
    @Option(help: ArgumentHelp("A mix of operations, a to f.", valueName: "letter"))
    var mix: Mix?
    @Option(
        name: .customLong("command"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("A command with placeholders; may be given several times.", valueName: "template"))
    var commands: [String] = []
    @Flag(
        inversion: .prefixedNo,
        help: "Write all keys first; otherwise only mixes do. With no other work, that is what is measured.")
    var load: Bool?
    @Option(help: ArgumentHelp("Clients at a time (50; with --db 1).", valueName: "n")) var connections: Int?
    @Option(help: ArgumentHelp("Operations each sends before it waits for replies.", valueName: "n")) var pipeline = 1
    @Option(help: ArgumentHelp("Threads that send (half the cores).", valueName: "n")) var threads: Int?
    @Option(help: ArgumentHelp("How many keys.", valueName: "n")) var keys = 100_000
    @Option(
        help: ArgumentHelp("uniform, zipfian, sequential or latest (uniform; a mix has its own).", valueName: "order"))
    var order: KeyOrder?
    @Option(help: ArgumentHelp("The exponent of zipfian and latest.", valueName: "x")) var zipf = 0.99
    @Option(help: ArgumentHelp("What every key begins with.", valueName: "text")) var prefix = KeySpace.standardPrefix
    @Option(help: ArgumentHelp("Bytes of a key (the prefix and 12 digits).", valueName: "n")) var keySize: Int?
    @Option(help: ArgumentHelp("Bytes of a value.", valueName: "n")) var valueSize = 100
    @Option(help: ArgumentHelp("An open loop of so many operations a second.", valueName: "n")) var rate: Double?
    @Option(help: ArgumentHelp("How long to measure (10, unless --requests).", valueName: "seconds"))
    var duration: Double?
    @Option(help: ArgumentHelp("Measure so many operations instead.", valueName: "n")) var requests: Int?
    @Option(help: ArgumentHelp("Seconds before the measuring (1; with --requests 0).", valueName: "seconds"))
    var warmup: Double?
    @Option(help: ArgumentHelp("Length of the steps over time.", valueName: "seconds")) var interval = 1.0
    @Option(help: ArgumentHelp("The same numbers draw the same keys.", valueName: "n")) var seed: UInt64 = 1
    @Option(help: "text, json or csv.") var format: Format = .text
    @Option(
        help: ArgumentHelp("A picture of throughput and latency over time, as SVG.", valueName: "file"),
        completion: .file(extensions: ["svg"]))
    var svg: String?
    @Flag(help: "No progress on the terminal.") var quiet = false

    func run() throws {
        try check()
        let space = try KeySpace(prefix: prefix, size: keySize, count: keys)
        let custom = commands.isEmpty ? nil : try Workload(commands: commands)
        let target = try connect()
        let run = LoadRun(target: target, isQuiet: quiet)
        let hasRanges = mix == .e ? try target.hasRanges() : true
        let writing = mix?.load(hasRanges: hasRanges, index: prefix + "index") ?? Workload.writing()
        guard let workload = custom ?? mix?.workload(hasRanges: hasRanges, index: prefix + "index") else {
            return try report(try measure(writing, space, order: .sequential, run, isLoad: true))
        }
        if load ?? (mix != nil) { try write(writing, space, run) }
        try report(try measure(workload, space, order: order ?? mix?.order ?? .uniform, run, isLoad: false))
    }

    private func check() throws {
        guard mix == nil || commands.isEmpty else { throw Failure.usage("either --mix or --command, not both") }
        guard mix != nil || !commands.isEmpty || load == true else {
            throw Failure.usage(
                "what is to be measured? Name a mix, as --mix b, or a command, as --command 'GET {key}'; see "
                    + "lvkv bench --help")
        }
        guard duration == nil || requests == nil else {
            throw Failure.usage("either --duration or --requests, not both")
        }
        let counts: [(String, Int?, ClosedRange<Int>)] = [
            ("--connections", connections, 1...1_000_000), ("--pipeline", pipeline, 1...1_000_000),
            ("--threads", threads, 1...1_024), ("--keys", keys, 1...1_000_000_000_000),
            ("--key-size", keySize, 1...65_536), ("--value-size", valueSize, 0...(512 << 20)),
            ("--requests", requests, 1...Int.max),
        ]
        for (name, value, range) in counts {
            guard let value, !range.contains(value) else { continue }
            throw Failure.usage("\(name) is \(value); it must be from \(range.lowerBound) to \(range.upperBound)")
        }
        let times: [(String, Double?, ClosedRange<Double>)] = [
            ("--rate", rate, 0.001...1e9), ("--duration", duration, 0.01...1e7), ("--warmup", warmup, 0...1e6),
            ("--interval", interval, 0.01...86_400), ("--zipf", zipf, 0.01...10),
        ]
        for (name, value, range) in times {
            guard let value, !range.contains(value) else { continue }
            throw Failure.usage("\(name) is \(value); it must be from \(range.lowerBound) to \(range.upperBound)")
        }
        guard [.text, .json, .csv].contains(format) else {
            throw Failure.usage("--format \(format.rawValue) is not one of text, json and csv")
        }
    }

    private func connect() throws -> LoadTarget {
        if let server = try place.server() { return try LoadTarget(server, connections: connections ?? 50) }
        return LoadTarget(try place.create())
    }

    /// Writes all keys once.
    private func write(_ workload: Workload, _ space: KeySpace, _ run: LoadRun) throws {
        var settings = loadSettings(run.target, order: .sequential)
        settings.pipeline = max(settings.pipeline, 16)
        settings.rate = nil
        let phase = phase(workload, settings, space, .operations(keys))
        let error = try run.run(phase, "loading")
        guard error.isEmpty else { throw Failure(.badData, "cannot write the keys: \(Escaping.text(error.span))") }
        space.restartTurns()
    }

    private func measure(
        _ workload: Workload, _ space: KeySpace, order: KeyOrder, _ run: LoadRun, isLoad: Bool
    ) throws -> LoadResult {
        let settings = loadSettings(run.target, order: order)
        let count = isLoad ? keys : requests
        let warmup = warmup ?? (count == nil ? 1 : 0)
        let begin = SystemCall.nanoseconds()
        let start = begin + nanoseconds(warmup)
        let phase: LoadPhase
        if let count {
            if warmup > 0 && !isLoad {
                try run.run(
                    self.phase(workload, settings, space, .time(start), begin: begin, start: start), "warming up")
            }
            phase = self.phase(workload, settings, space, .operations(count))
        } else {
            phase = self.phase(
                workload, settings, space, .time(start + nanoseconds(duration ?? 10)), begin: begin, start: start)
        }
        let error = try run.run(phase, "measuring")
        return LoadResult(settings: shown(settings, run.target, workload), phase, firstError: error)
    }

    private func nanoseconds(_ seconds: Double) -> UInt64 { UInt64(seconds * 1e9) }

    /// - Parameters:
    ///   - begin: when it is to begin; `nil` for now.
    ///   - start: from when on it counts; `nil` for its beginning.
    private func phase(
        _ workload: Workload, _ settings: LoadSettings, _ space: KeySpace, _ limit: LoadPhase.Limit,
        begin: UInt64? = nil, start: UInt64? = nil
    ) -> LoadPhase {
        let begin = begin ?? SystemCall.nanoseconds()
        return LoadPhase(
            workload: workload, settings: settings, space: space, limit: limit, begin: begin,
            timeline: Timeline(
                start: start ?? begin, length: nanoseconds(interval), kinds: workload.operations.count,
                threads: settings.threads))
    }

    private func loadSettings(_ target: LoadTarget, order: KeyOrder) -> LoadSettings {
        let clients: Int
        let threads: Int
        switch target {
        case .server:
            clients = connections ?? 50
            threads = min(clients, self.threads ?? max(1, SystemCall.processors / 2))
        case .engine:
            clients = connections ?? 1
            threads = clients
        }
        return LoadSettings(
            connections: clients, pipeline: pipeline, threads: threads, order: order, zipfExponent: zipf,
            valueSize: valueSize, rate: rate, seed: seed)
    }

    private func shown(
        _ settings: LoadSettings, _ target: LoadTarget, _ workload: Workload
    ) -> [(name: String, value: JSONValue)] {
        var shown: [(name: String, value: JSONValue)] = [("target", .string(target.name))]
        if let mix { shown.append(("mix", .string(mix.rawValue))) }
        shown += [
            ("connections", .integer(settings.connections)), ("pipeline", .integer(settings.pipeline)),
            ("threads", .integer(settings.threads)), ("keys", .integer(keys)),
            ("order", .string(settings.order.rawValue)), ("value_size", .integer(valueSize)),
        ]
        if let rate { shown.append(("rate", JSONNumber(rate).map { .number($0) } ?? .null)) }
        return shown
    }

    private func report(_ result: LoadResult) throws {
        if let svg {
            var file = AtomicFile(path: svg)
            let output = Output(try file.open(), name: svg)
            let name =
                mix.map { "mix \($0.rawValue)" } ?? (commands.isEmpty ? "load" : commands.joined(separator: " | "))
            output.buffer.append(contentsOf: LoadPicture(result, title: "lvkv bench: \(name)").svg.utf8)
            try output.finish()
            try file.commit()
        }
        let output = Output.standard()
        switch format {
        case .json: try output.line(result.json.text())
        case .csv: for row in result.csv { try output.line(row) }
        default:
            for line in result.table(width: Terminal.width, isColored: Terminal.hasColor) { try output.line(line) }
        }
        try output.flush()
    }
}
