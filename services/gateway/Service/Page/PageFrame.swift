/// What every page is in: its style, and no script.
enum PageFrame {
    /// - Parameters:
    ///   - title: what the window is called, before "Gyre"; nil: nothing.
    ///   - refreshes: every half a minute; never a page that somebody types into, or opens parts of.
    ///   - sections: HTML, every value in it escaped.
    static func html(title: String? = nil, refreshes: Bool, _ sections: [String]) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        \(refreshes ? "<meta http-equiv=\"refresh\" content=\"30\">" : "")
        <title>\(title.map { HTMLText.escaped($0) + " – " } ?? "")Gyre</title>
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
        :root { color-scheme: light dark; --line: #8884; --good: #1a7f4b; --bad: #c0392b; --bar: #3b6fd4; --open: #6b7280; }
        @media (prefers-color-scheme: dark) { :root { --good: #4cc38a; --bad: #ff8a7a; --bar: #84a9ff; --open: #9aa3b2; } }
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.4rem; margin-top: 2.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
        h1, h2, h3, p, blockquote, dd, li { overflow-wrap: anywhere; }
        table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid var(--line); vertical-align: middle; }
        th { font-weight: 600; } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; } td.number { white-space: nowrap; }
        .good { color: var(--good); } .bad { color: var(--bad); } .quiet { opacity: .7; font-size: .85rem; }
        svg.hour { width: 12rem; height: 2.4rem; border-bottom: 1px solid var(--line); } .hour rect { fill: var(--bar); }
        pre { background: #8881; padding: .8rem; overflow-x: auto; }
        code { font-size: .85rem; overflow-wrap: anywhere; }
        nav { display: flex; flex-wrap: wrap; gap: .3rem 1rem; align-items: baseline; }
        nav span { margin-left: auto; } nav form { margin: 0; }
        input { font: inherit; padding: .4rem; width: 100%; max-width: 26rem; box-sizing: border-box; }
        button { font: inherit; padding: .3rem 1rem; }
        \(experimentStyle)
        """

    /// Of the pages of experiments.
    private static let experimentStyle = """
        .pill { font-size: .8rem; font-weight: 500; border: 1px solid; border-radius: 1rem; padding: .05rem .6rem;
          vertical-align: middle; white-space: nowrap; color: var(--open); }
        .pill.active { color: var(--good); } .pill.draft { border-style: dashed; }
        .filters { display: flex; flex-wrap: wrap; gap: .2rem 1rem; } .wide { overflow-x: auto; }
        .wide td:first-child { white-space: nowrap; }
        th[scope=row] { font-weight: 500; } .figures { white-space: nowrap; font-variant-numeric: tabular-nums; }
        blockquote { margin: 1rem 0; padding-left: 1rem; border-left: 3px solid var(--line); font-style: italic; }
        .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .6rem 1.5rem; }
        dt { font-size: .8rem; opacity: .7; } dd { margin: 0; }
        progress { width: 100%; height: .6rem; accent-color: var(--bar); }
        .decision { border: 1px solid var(--line); border-left: 6px solid var(--open); border-radius: .5rem;
          padding: .2rem 1.2rem .8rem; margin: 1.5rem 0; background: #8881; }
        .decision h2 { margin: .8rem 0 .3rem; font-size: 1.3rem; } .decision h3 { margin: .8rem 0 .2rem; font-size: 1rem; }
        .decision ul { margin: .2rem 0 .6rem; padding-left: 1.2rem; }
        .decision.ship { border-left-color: var(--good); } .decision.ship h2 { color: var(--good); }
        .decision.rollBack, .decision.broken { border-left-color: var(--bad); }
        .decision.rollBack h2, .decision.broken h2 { color: var(--bad); }
        .notice, .alarm { border-left: 4px solid var(--open); padding: .4rem .8rem; background: #8881; }
        .alarm { border-left-color: var(--bad); color: var(--bad); font-weight: 600; }
        details { margin: .8rem 0; } summary { cursor: pointer; } caption { text-align: left; padding: .6rem 0 0; }
        figure { margin: 1rem 0; min-width: 0; } figcaption { font-weight: 600; margin-bottom: .3rem; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 0 2rem; }
        .notes { list-style: none; padding: 0; } .legend { display: flex; flex-wrap: wrap; gap: .2rem 1.5rem; }
        .legend svg { width: .8rem; height: 1rem; vertical-align: middle; }
        .plot { display: block; overflow: visible; font-size: 13px; font-variant-numeric: tabular-nums; }
        .plot > text { fill: currentColor; paint-order: stroke; stroke: Canvas; stroke-width: 4px; stroke-linejoin: round; }
        .plot .title, .plot .beyond { font-weight: 600; font-size: 14px; }
        .plot .note, .plot .mark { font-size: 12px; opacity: .75; }
        line { stroke: currentColor; } .grid { opacity: .15; } .zero { opacity: .7; }
        line.margin { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 5 3; }
        line.worth { stroke: var(--good); stroke-width: 2; stroke-dasharray: 2 3; }
        rect.good, circle.good { fill: var(--good); } rect.bad, circle.bad { fill: var(--bad); }
        rect.open { fill: var(--open); } rect.good, rect.bad, rect.open { opacity: .45; }
        circle.open { fill: Canvas; stroke: var(--open); stroke-width: 2.5; }
        path { vector-effect: non-scaling-stroke; } path.line { fill: none; stroke: var(--bar); stroke-width: 2; }
        path.band { fill: var(--bar); opacity: .25; } line.band { stroke: var(--bar); stroke-width: 3; opacity: .4; }
        circle.line { fill: var(--bar); }
        .doubtful figure, .doubtful table { opacity: .45; filter: grayscale(1); }
        """
}
