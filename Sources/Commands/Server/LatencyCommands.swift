/// `LATENCY` and its subcommands.
enum LatencyCommands {
    private static let flags: Command.Flags = [.admin, .noscript, .loading, .stale]

    static let all: [Command] = [
        Command(
            "latency", -2, [], .none, [], "A container for latency diagnostics commands", since: "2.8.13",
            .container([
                Command(
                    "latest", 2, flags, .none, [], "Return the latest latency samples for all events.",
                    since: "2.8.13",
                    .control { _, call in
                        let all = call.engine.latency.all
                        call.reply.array(all.count)
                        for (event, series) in all {
                            call.reply.array(4)
                            call.reply.bulk(event)
                            call.reply.integer(series.samples.last?.time ?? 0)
                            call.reply.integer(series.samples.last?.milliseconds ?? 0)
                            call.reply.integer(series.most)
                        }
                        return .done
                    }),
                Command(
                    "history", 3, flags, .none, [], "Return timestamp-latency samples for the event.",
                    syntax: "event", since: "2.8.13",
                    .control { arguments, call in
                        let samples = call.engine.latency.samples(arguments.text(2))
                        call.reply.array(samples.count)
                        for sample in samples {
                            call.reply.array(2)
                            call.reply.integer(sample.time)
                            call.reply.integer(sample.milliseconds)
                        }
                        return .done
                    }),
                Command(
                    "reset", -2, flags, .none, [], "Reset latency data for one or more events.",
                    syntax: "[event [event ...]]", since: "2.8.13",
                    .control { arguments, call in
                        let events = (2..<arguments.count).map(arguments.text)
                        call.reply.integer(call.engine.latency.reset(events))
                        return .done
                    }),
                Command(
                    "doctor", 2, flags, .none, [], "Return a human readable latency analysis report.",
                    since: "2.8.13", .control(doctor)),
                .help(
                    "LATENCY", since: "2.8.13",
                    [
                        "DOCTOR",
                        "    Return a human readable latency analysis report.",
                        "HISTORY <event>",
                        "    Return time-latency samples for the <event> class.",
                        "LATEST",
                        "    Return the latest latency samples for all events.",
                        "RESET [<event> ...]",
                        "    Reset latency data of one or more <event> classes.",
                        "    (default: reset all data for all event classes)",
                    ]),
            ]))
    ]

    @Sendable private static func doctor(_ arguments: Arguments, _ call: ControlCall) -> Outcome {
        var text: String
        let all = call.engine.latency.all
        if !call.engine.latency.isOn {
            text =
                "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use "
                + "\"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable it. If we weren't in a "
                + "deep space mission I'd suggest to take a look at https://redis.io/topics/latency-monitor.\n"
        } else if all.isEmpty {
            text =
                "Dave, no latency spike was observed during the lifetime of this Redis instance, not in the slightest "
                + "bit. I honestly think you ought to sit down calmly, take a stress pill, and think things over.\n"
        } else {
            text = "Dave, I have observed latency spikes in this Redis instance:\n\n"
            for (number, (event, series)) in all.enumerated() {
                let sum = series.samples.reduce(0) { $0 + $1.milliseconds }
                let mean = sum / Int64(max(1, series.samples.count))
                text +=
                    "\(number + 1). \(event): \(series.samples.count) latency spikes (average \(mean)ms, worst "
                    + "\(series.most)ms). Look at SLOWLOG GET for the commands.\n"
            }
        }
        call.reply.verbatim(text.utf8.span, format: "txt")
        return .done
    }
}
