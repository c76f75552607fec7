internal import OrderedStore
internal import Structures

/// Messages from clients to clients.
enum PubSubCommands {
    private static let listening: Command.Flags = [.pubsub, .noscript, .loading, .stale, .whileSubscribed]
    private static let asking: Command.Flags = [.pubsub, .loading, .stale]

    static let all: [Command] = [
        subscribe("subscribe", .channel, .none, "Listen for messages published to the given channels", "2.0.0"),
        subscribe(
            "psubscribe", .pattern, .none,
            "Listen for messages published to channels matching the given patterns", "2.0.0"),
        subscribe(
            "ssubscribe", .shardChannel, .all, "Listen for messages published to the given shard channels", "7.0.0"),
        unsubscribe(
            "unsubscribe", .channel, .none, "Stop listening for messages posted to the given channels", "2.0.0"),
        unsubscribe(
            "punsubscribe", .pattern, .none,
            "Stop listening for messages posted to channels matching the given patterns", "2.0.0"),
        unsubscribe(
            "sunsubscribe", .shardChannel, .all, "Stop listening for messages posted to the given shard channels",
            "7.0.0"),
        Command(
            "publish", 3, [.pubsub, .loading, .stale, .fast, .mayReplicate], .none, [], "Post a message to a channel",
            syntax: "channel message", since: "2.0.0",
            .control { arguments, call in
                call.reply.integer(
                    call.engine.pubsub.publish(arguments[2], on: arguments[1], own: listener(call)))
                return .done
            }),
        Command(
            "spublish", 3, [.pubsub, .loading, .stale, .fast, .mayReplicate], .first, [],
            "Post a message to a shard channel", syntax: "shardchannel message", since: "7.0.0",
            .control { arguments, call in
                call.reply.integer(
                    call.engine.pubsub.publish(
                        arguments[2], on: arguments[1], isSharded: true, own: listener(call)))
                return .done
            }),
        Command(
            "pubsub", -2, [], .none, [], "A container for Pub/Sub commands", since: "2.8.0",
            .container([
                channels("channels", .channel, "List active channels", "2.8.0"),
                numbers("numsub", .channel, "Get the count of subscribers for channels", "2.8.0"),
                Command(
                    "numpat", 2, asking, .none, [], "Get the count of unique patterns pattern subscriptions",
                    since: "2.8.0",
                    .control { _, call in
                        call.reply.integer(call.engine.pubsub.patterns)
                        return .done
                    }),
                channels("shardchannels", .shardChannel, "List active shard channels", "7.0.0"),
                numbers("shardnumsub", .shardChannel, "Get the count of subscribers for shard channels", "7.0.0"),
                .help("PUBSUB", since: "6.2.0", helpLines),
            ])),
    ]

    /// The session that publishes, if a message may stand before its reply: not among the replies of `EXEC`.
    private static func listener(_ call: ControlCall) -> (session: Session, reply: any ReplyWriter)? {
        call.exec == nil ? (call.session, call.reply) : nil
    }

    private static func subscribe(
        _ name: String, _ kind: PubSub.Kind, _ keys: Command.Keys, _ summary: String, _ since: String
    ) -> Command {
        Command(
            name, -2, listening, keys, [], summary, syntax: "channel [channel ...]", since: since,
            .control { arguments, call in
                for index in 1..<arguments.count {
                    let count = call.engine.pubsub.set(true, call.session, kind, arguments.bytes(index))
                    confirm(name, arguments[index], count, call.reply)
                }
                return .done
            })
    }

    private static func unsubscribe(
        _ name: String, _ kind: PubSub.Kind, _ keys: Command.Keys, _ summary: String, _ since: String
    ) -> Command {
        Command(
            name, -1, listening, keys, [], summary, syntax: "[channel [channel ...]]", since: since,
            .control { arguments, call in
                let pubsub = call.engine.pubsub
                var names = (1..<max(1, arguments.count)).map(arguments.bytes)
                if names.isEmpty { names = pubsub.names(of: call.session, kind) }
                for channel in names {
                    let count = pubsub.set(false, call.session, kind, channel)
                    confirm(name, channel.span, count, call.reply)
                }
                if names.isEmpty {
                    call.reply.push(3)
                    call.reply.bulk(name)
                    call.reply.null()
                    let activity = call.session.subscriptionCounts
                    call.reply.integer(kind == .shardChannel ? activity.shard : activity.usual)
                }
                return .done
            })
    }

    private static func confirm(_ name: String, _ channel: Span<UInt8>, _ count: Int, _ reply: any ReplyWriter) {
        reply.push(3)
        reply.bulk(name)
        reply.bulk(channel)
        reply.integer(count)
    }

    private static func channels(
        _ name: String, _ kind: PubSub.Kind, _ summary: String, _ since: String
    ) -> Command {
        Command(
            name, -2, asking, .none, [], summary, syntax: "[pattern]", since: since,
            .control { arguments, call in
                guard arguments.count <= 3 else {
                    throw CommandError.unknownSubcommand(arguments.text(1), of: "PUBSUB")
                }
                var channels = call.engine.pubsub.channels(kind)
                if arguments.count == 3 {
                    let pattern = arguments.bytes(2)
                    let glob = GlobPattern(pattern.span)
                    channels.removeAll { !PubSub.matches(glob, pattern, $0.span) }
                }
                call.reply.array(channels.count)
                for channel in channels { call.reply.bulk(channel) }
                return .done
            })
    }

    private static func numbers(
        _ name: String, _ kind: PubSub.Kind, _ summary: String, _ since: String
    ) -> Command {
        Command(
            name, -2, asking, .none, [], summary, syntax: "[channel [channel ...]]", since: since,
            .control { arguments, call in
                // Pairs in an array, in RESP3, too.
                call.reply.array((arguments.count - 2) * 2)
                for index in 2..<arguments.count {
                    call.reply.bulk(arguments[index])
                    call.reply.integer(call.engine.pubsub.listeners(to: arguments.bytes(index), kind))
                }
                return .done
            })
    }

    private static let helpLines = [
        "CHANNELS [<pattern>]",
        "    Return the currently active channels matching a <pattern> (default: '*').",
        "NUMPAT",
        "    Return number of subscriptions to patterns.",
        "NUMSUB [<channel> ...]",
        "    Return the number of subscribers for the specified channels, excluding",
        "    pattern subscriptions(default: no channels).",
        "SHARDCHANNELS [<pattern>]",
        "    Return the currently active shard level channels matching a <pattern> (default: '*').",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    Return the number of subscribers for the specified shard level channel(s)",
    ]
}
