extension Setting {
    /// All settings, in the order in which help shows them.
    package static let all: [Setting] = [
        database, bind, port, unixSocket, unixSocketMode, tlsPort, tlsCertificate, tlsKey, tlsAuthorities, tlsClients,
        linesPort, jsonPort,
        backlog, keepalive, password, userFile, maxClients, idleTimeout, handshakeTimeout, longestWord, queryLimit,
        outputLimits, unreadLimit, eventLoops, workers, durability, cacheSize, valueCacheSize, writeBuffer, leastFree,
        backupDirectory, logLevel, logFile,
        shutdownTimeout, slowerThan, slowLogLength, latencyThreshold, notifications, userLogLength, databases,
        appendOnly,
        save, maxMemory, maxMemoryPolicy,
    ]

    // MARK: Where clients come in

    package static let database = Setting(
        "db", anyText, "", valueName: "dir", "The database's directory. Created where there is none.")
    package static let bind = Setting(
        "bind", anyText, "127.0.0.1", valueName: "addresses",
        "Addresses to listen on, separated by spaces. Others than loopback need a password, or a user file.")
    package static let port = Setting(
        "port", .integer(0...65_535), "6380", valueName: "port", "Port for clients without TLS; 0 for none.")
    package static let unixSocket = Setting(
        "unixsocket", anyText, "", valueName: "path", "Unix socket to listen on beside the ports.")
    package static let unixSocketMode = Setting(
        "unixsocketperm",
        .text { text throws(SettingError) in
            guard let mode = Int(text, radix: 8), (0...0o777).contains(mode) else {
                throw SettingError("argument must be an octal mode such as 700")
            }
            return text
        }, "700", valueName: "mode", "Who may use the Unix socket, as chmod's octal number.")
    package static let tlsPort = Setting(
        "tls-port", .integer(0...65_535), "0", valueName: "port", "Port for clients with TLS; 0 for none.")
    package static let tlsCertificate = Setting(
        "tls-cert-file", anyText, "", valueName: "file", "The server's certificate, and those above it, as PEM.")
    package static let tlsKey = Setting(
        "tls-key-file", anyText, "", valueName: "file", "The certificate's private key, as PEM.")
    package static let tlsAuthorities = Setting(
        "tls-ca-cert-file", anyText, "", valueName: "file",
        "Certificates of the authorities that clients' certificates must come from, as PEM.")
    package static let tlsClients = Setting(
        "tls-auth-clients", .choice(["no", "yes", "optional"]), "yes", valueName: "yes|no|optional",
        "Whether clients on the TLS port must show a certificate; no when there is no tls-ca-cert-file.")
    package static let linesPort = Setting(
        "lines", .integer(0...65_535), "0", valueName: "port",
        "Port for clients that send lines COMMAND; KEY; VALUE; TYPE, usually 50505; 0 for none. Has no login.")
    package static let jsonPort = Setting(
        "json", .integer(0...65_535), "0", valueName: "port",
        "Port for clients that send JSON documents, usually 3939; 0 for none. Has no login.")
    package static let backlog = Setting(
        "tcp-backlog", .integer(1...65_535), "511", valueName: "n", "How many connections may wait to be accepted.")
    package static let keepalive = Setting(
        "tcp-keepalive", .integer(0...86_400), "300", isLive: true, valueName: "seconds",
        "After so long in silence the system asks whether a client still lives; 0 for never.")

    // MARK: Who may

    package static let password = Setting(
        "requirepass", .secret, "", isLive: true, valueName: "password",
        "The password of the user 'default', or # and its SHA-256 in hex. In the file or LVKV_REQUIREPASS only.")
    package static let userFile = Setting(
        "aclfile", anyText, "", valueName: "file", "File with users, their passwords' digests and what they may.")

    // MARK: How much

    package static let maxClients = Setting(
        "maxclients", .integer(1...1_000_000), "10000", isLive: true, valueName: "n",
        "How many clients may be connected at once.")
    package static let idleTimeout = Setting(
        "timeout", .integer(0...Int(Int32.max)), "3600", isLive: true, valueName: "seconds",
        "Close a client that asks nothing for so long; 0 for never. Subscribed and waiting clients stay.")
    package static let handshakeTimeout = Setting(
        "handshake-timeout", .integer(0...3600), "30", isLive: true, valueName: "seconds",
        "Close a client that has not logged in, where it must, or not finished its TLS handshake by then; 0 for never.")
    package static let longestWord = Setting(
        "proto-max-bulk-len", .size(1_048_576...Int(Int32.max)), "67108864", isLive: true, valueName: "bytes",
        "The longest key or value in a request.")
    package static let queryLimit = Setting(
        "client-query-buffer-limit", .size(1_048_576...(1 << 40)), "268435456", isLive: true, valueName: "bytes",
        "The longest request altogether.")
    package static let outputLimits = Setting(
        "client-output-buffer-limit",
        .text { text throws(SettingError) in try OutputLimits(text).text }, OutputLimits.standard.text, isLive: true,
        valueName: "limits",
        "For the classes normal, pubsub and monitor: close a client that leaves more unread than the first number of "
            + "bytes, or more than the second for so many seconds.")

    package static let unreadLimit = Setting(
        "maxmemory-clients", .size(0...(1 << 40)), "50331648", isLive: true, valueName: "bytes",
        "How much subscribed and monitoring clients may leave unread altogether; beyond it those are closed that leave "
            + "more than the average. 0 for no limit.")

    // MARK: How it works

    package static let eventLoops = Setting(
        "io-threads", .integer(0...256), "0", valueName: "n", "Threads that serve connections; 0 for one each core.")
    package static let workers = Setting(
        "worker-threads", .integer(0...256), "0", valueName: "n",
        "Threads for commands that take long; 0 for one each core.")
    package static let durability = Setting(
        "appendfsync", .choice(["always", "everysec", "no"]), "everysec", valueName: "always|everysec|no",
        "When changes are brought to the disk: before each reply, each second, or when the system likes. A crash of "
            + "the server alone loses none of them.")
    package static let cacheSize = Setting(
        "cache-size", .size(0...(1 << 40)), "268435456", valueName: "bytes", "Memory for blocks read from disk.")
    package static let valueCacheSize = Setting(
        "value-cache-size", .size(0...(1 << 40)), "67108864", valueName: "bytes",
        "Memory for what single keys hold that were read or written lately; 0 for none.")
    package static let writeBuffer = Setting(
        "write-buffer-size", .size(65_536...(1 << 30)), "16777216", valueName: "bytes",
        "How much is collected in memory before it is sorted into a file.")
    package static let leastFree = Setting(
        "min-free-space",
        .text { text throws(SettingError) in
            if text.lowercased() == "auto" { return "auto" }
            guard let bytes = Setting.bytes(text) else {
                throw SettingError("argument must be 'auto' or a memory value")
            }
            return "\(bytes)"
        }, "auto", isLive: true, valueName: "bytes",
        "Below so many free bytes of the file system writes are refused, but for those that remove; 0 for never, auto for "
            + "64 MiB or a twentieth of the file system, whichever is less.")
    package static let backupDirectory = Setting(
        "backup-dir", anyText, "", valueName: "dir", "Where BGSAVE puts backups; by default beside the database.")
    package static let shutdownTimeout = Setting(
        "shutdown-timeout", .integer(0...3600), "10", isLive: true, valueName: "seconds",
        "How long a stopping server waits for what still runs.")

    // MARK: What it tells

    package static let logLevel = Setting(
        "loglevel", .choice(["debug", "verbose", "notice", "warning", "nothing"]), "notice", isLive: true,
        valueName: "level", "How much is logged: debug, verbose, notice, warning or nothing.")
    package static let logFile = Setting(
        "logfile", anyText, "", valueName: "file", "Where the log goes; standard error when not given.")
    package static let slowerThan = Setting(
        "slowlog-log-slower-than", .integer(-1...Int.max), "10000", isLive: true, valueName: "microseconds",
        "SLOWLOG keeps commands that take longer; -1 for none, 0 for all.")
    package static let slowLogLength = Setting(
        "slowlog-max-len", .integer(0...1_000_000), "128", isLive: true, valueName: "n", "How many SLOWLOG keeps.")
    package static let latencyThreshold = Setting(
        "latency-monitor-threshold", .integer(0...Int.max), "0", isLive: true, valueName: "milliseconds",
        "LATENCY keeps events that take longer; 0 for none.")
    package static let notifications = Setting(
        "notify-keyspace-events",
        .text { text throws(SettingError) in
            guard let classes = NotificationClasses(text) else {
                throw SettingError("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
            }
            return classes.text
        }, "", isLive: true, valueName: "classes", "Which changes of keys are published, as Redis's letters.")
    package static let userLogLength = Setting(
        "acllog-max-len", .integer(0...1_000_000), "128", isLive: true, valueName: "n", "How many ACL LOG keeps.")

    // MARK: What clients ask for and nothing changes

    package static let databases = Setting(
        "databases", .choice(["16"]), "16", valueName: "n", "The number of databases.")
    package static let appendOnly = Setting(
        "appendonly", .choice(["yes"]), "yes", valueName: "yes", "Each change is in a log before its reply is sent.")
    package static let save = Setting("save", .choice([""]), "", valueName: "", "No snapshots are needed.")
    package static let maxMemory = Setting(
        "maxmemory", .choice(["0"]), "0", valueName: "bytes", "Data need not fit in memory, so there is no limit.")
    package static let maxMemoryPolicy = Setting(
        "maxmemory-policy", .choice(["noeviction"]), "noeviction", valueName: "policy", "Nothing is evicted.")
}
