/// What every page is in: its style, and no script.
enum PageFrame {
    /// - Parameters:
    ///   - refreshes: every half a minute; never a page that somebody types into.
    ///   - sections: HTML, every value in it escaped.
    static func html(refreshes: Bool, _ sections: [String]) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        \(refreshes ? "<meta http-equiv=\"refresh\" content=\"30\">" : "")
        <title>Gyre</title>
        <style>
        \(style)
        </style>
        </head>
        <body>
        \(sections.joined(separator: "\n"))
        </body>
        </html>
        """
    }

    /// What a browser may do with a page: show it, and send its forms back here.
    static let policy =
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

    private static let style = """
        :root { color-scheme: light dark; --line: #8884; --good: #1a7f4b; --bad: #c0392b; --bar: #3b6fd4; }
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.4rem; margin-top: 2.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
        table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid var(--line); vertical-align: middle; }
        th { font-weight: 600; } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
        .good { color: var(--good); } .bad { color: var(--bad); } .quiet { opacity: .7; font-size: .85rem; }
        svg { width: 12rem; height: 2.4rem; border-bottom: 1px solid var(--line); } rect { fill: var(--bar); }
        pre { background: #8881; padding: .8rem; overflow-x: auto; }
        code { font-size: .85rem; overflow-wrap: anywhere; }
        nav { display: flex; gap: 1rem; justify-content: flex-end; align-items: baseline; }
        nav form { margin: 0; }
        input { font: inherit; padding: .4rem; width: 100%; max-width: 26rem; box-sizing: border-box; }
        button { font: inherit; padding: .3rem 1rem; }
        """
}
