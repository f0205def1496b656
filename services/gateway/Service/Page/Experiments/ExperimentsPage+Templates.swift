extension ExperimentsPage {
    /// Mustache; every value is escaped. A point before a name: of this thing only, not of what is around it.
    static let listSource = #"""
        <h1>Experiments of <bdi>{{brand}}</bdi></h1>
        {{#gaps}}<p class="notice" role="status">{{.}}</p>{{/gaps}}
        <p class="filters">{{#filters}}{{#isCurrent}}<strong aria-current="page">{{name}}</strong>{{/isCurrent}}{{^isCurrent}}<a href="{{link}}">{{name}}</a>{{/isCurrent}} {{/filters}}</p>
        {{#hasRows}}
        <div class="wide" tabindex="0" role="region" aria-label="Experiments">
        <table>
        <tr><th scope="col">Experiment</th><th scope="col">Status</th><th scope="col" class="number">Units</th><th scope="col">Variants</th><th scope="col">Owner</th></tr>
        {{#rows}}
        <tr><th scope="row"><a href="/experiments?key={{key}}"><bdi>{{name}}</bdi></a><br><code class="quiet">{{key}}</code></th><td><span class="pill {{status}}">{{status}}</span></td><td class="number">{{.units}}</td><td>{{variants}}</td><td><bdi>{{.owner}}</bdi></td></tr>
        {{/rows}}
        </table>
        </div>
        {{/hasRows}}
        {{^hasRows}}<p>{{nothing}}</p>{{/hasRows}}
        {{#isFirst}}
        <p>Write one down, and make it:</p>
        <pre>gyre experiments create checkout.yaml</pre>
        {{/isFirst}}
        {{#.more}}<p class="quiet">{{.}}</p>{{/.more}}
        {{#hasHoldouts}}
        <h2 id="holdouts">Holdouts</h2>
        <p class="quiet">Units that are withheld from experiments, so that what these come to together can be measured.</p>
        <div class="wide" tabindex="0" role="region" aria-label="Holdouts">
        <table>
        <tr><th scope="col">Holdout</th><th scope="col">Status</th><th scope="col" class="number">Withheld</th><th scope="col">From</th><th scope="col">Since</th></tr>
        {{#holdouts}}
        <tr><th scope="row"><a href="/holdouts?key={{key}}"><bdi>{{name}}</bdi></a><br><code class="quiet">{{key}}</code></th><td><span class="pill {{status}}">{{status}}</span></td><td class="number">{{withheld}}</td><td>{{from}}</td><td class="figures">{{since}}</td></tr>
        {{/holdouts}}
        </table>
        </div>
        {{#.moreHoldouts}}<p class="quiet">{{.}}</p>{{/.moreHoldouts}}
        {{/hasHoldouts}}
        """#

    /// Mustache; every value is escaped, but for SVG that was made here.
    static let oneSource = #"""
        <h1><bdi>{{name}}</bdi> <span class="pill {{status}}">{{status}}</span></h1>
        <p class="quiet"><code>{{key}}</code></p>
        {{#hypothesis}}<blockquote><bdi>{{.}}</bdi></blockquote>{{/hypothesis}}
        {{#description}}<p><bdi>{{.}}</bdi></p>{{/description}}
        <dl class="facts">
        {{#facts}}<div><dt>{{name}}</dt><dd><bdi>{{value}}</bdi></dd></div>
        {{/facts}}
        {{#progress}}<div><dt>Progress</dt><dd><progress max="100" value="{{percent}}" aria-label="Of the planned units"></progress> {{units}} of {{planned}} planned units</dd></div>{{/progress}}
        </dl>
        {{#decision}}
        <section class="decision {{#first}}{{style}}{{/first}}" aria-labelledby="decision">
        {{#first}}
        <h2 id="decision">{{headline}}</h2>
        <ul>{{#reasons}}<li>{{.}}</li>{{/reasons}}</ul>
        {{/first}}
        {{#others}}
        <h3>{{headline}}</h3>
        <ul>{{#reasons}}<li>{{.}}</li>{{/reasons}}</ul>
        {{/others}}
        <details><summary>How this is judged, and what it takes for granted</summary>
        <p>{{judged}}</p>
        <ul>{{#assumptions}}<li>{{.}}</li>{{/assumptions}}</ul>
        </details>
        </section>
        {{/decision}}
        {{#notice}}
        <p class="notice" role="status">{{text}}</p>
        {{#.command}}<pre>{{.}}</pre>{{/.command}}
        {{/notice}}
        {{#gaps}}<p class="notice" role="status">{{.}}</p>{{/gaps}}
        {{#hasPromised}}
        <h2>Variants</h2>
        <table>
        <tr><th scope="col">Variant</th><th scope="col" class="number">Of all units</th></tr>
        {{#promised}}
        <tr><th scope="row">{{variant}}{{#isControl}} (control){{/isControl}}{{#.name}}<br><bdi class="quiet">{{.}}</bdi>{{/.name}}</th><td class="number">{{.expected}}</td></tr>
        {{/promised}}
        </table>
        {{/hasPromised}}
        {{#split}}
        <h2 id="split">Split</h2>
        {{#isBroken}}<p class="alarm" role="alert">{{verdict}}</p>{{/isBroken}}
        {{^isBroken}}<p>{{verdict}}</p>{{/isBroken}}
        {{#.several}}<p class="quiet">{{.}}</p>{{/.several}}
        <table>
        <tr><th scope="col">Variant</th><th scope="col" class="number">Units</th><th scope="col" class="number">Seen</th><th scope="col" class="number">Promised</th></tr>
        {{#rows}}
        <tr><th scope="row">{{variant}}{{#isControl}} (control){{/isControl}}{{#.name}}<br><bdi class="quiet">{{.}}</bdi>{{/.name}}</th><td class="number">{{.units}}</td><td class="number">{{.seen}}</td><td class="number">{{.expected}}</td></tr>
        {{/rows}}
        </table>
        <details{{#isBroken}} open{{/isBroken}}><summary>The split, phase by phase</summary>
        <table>
        {{#phases}}
        <tbody>
        <tr><th scope="rowgroup" colspan="4">{{title}}{{#.opened}} <span class="quiet">{{.}}</span>{{/.opened}}: {{#isBroken}}<span class="bad">{{pValue}}, broken</span>{{/isBroken}}{{^isBroken}}{{pValue}}{{/isBroken}}</th></tr>
        {{#rows}}
        <tr><td>{{variant}}</td><td class="number">{{.units}}</td><td class="number">{{.seen}}</td><td class="number">{{.expected}}</td></tr>
        {{/rows}}
        </tbody>
        {{/phases}}
        </table>
        {{#.more}}<p class="quiet">{{.}}</p>{{/.more}}
        </details>
        {{#days}}
        <details{{#hasBroken}} open{{/hasBroken}}><summary>The split, day by day{{#hasBroken}}: <span class="bad">some stand out</span>{{/hasBroken}}</summary>
        {{#.bound}}<p class="quiet">{{.}}</p>{{/.bound}}
        <div class="wide" tabindex="0" role="region" aria-label="The split, day by day">
        <table>
        <tr><th scope="col">Day</th>{{#arms}}<th scope="col" class="number">{{.}}</th>{{/arms}}<th scope="col" class="number">p</th></tr>
        {{#rows}}
        <tr><td>{{day}}</td>{{#.units}}<td class="number">{{.}}</td>{{/.units}}<td class="number">{{#isBroken}}<span class="bad">{{pValue}}, broken</span>{{/isBroken}}{{^isBroken}}{{pValue}}{{/isBroken}}</td></tr>
        {{/rows}}
        </table>
        </div>
        {{#.more}}<p class="quiet">{{.}}</p>{{/.more}}
        </details>
        {{/days}}
        {{/split}}
        {{#effects}}
        <section class="{{#isDoubtful}}doubtful{{/isDoubtful}}" aria-labelledby="effects">
        <h2 id="effects">Effects</h2>
        {{#isDoubtful}}<p class="alarm">Not to be trusted: the decision above says why.</p>{{/isDoubtful}}
        {{#isEarly}}<p class="notice">The planned end is not reached, and these intervals count only there.</p>{{/isEarly}}
        {{#plots}}
        <figure><figcaption>{{title}}</figcaption>
        {{{svg}}}
        </figure>
        {{/plots}}
        <p class="legend quiet"><span><svg aria-hidden="true"><line class="zero" x1="50%" x2="50%" y1="0" y2="100%"/></svg> no effect</span>{{#hasMargin}} <span><svg aria-hidden="true"><line class="margin" x1="50%" x2="50%" y1="0" y2="100%"/></svg> worse is too much: the margin</span>{{/hasMargin}}{{#hasWorth}} <span><svg aria-hidden="true"><line class="worth" x1="50%" x2="50%" y1="0" y2="100%"/></svg> the smallest effect worth having</span>{{/hasWorth}}</p>
        <ul class="notes quiet">{{#notes}}<li>{{.}}</li>{{/notes}}</ul>
        <details><summary>The figures behind it</summary>
        <div class="wide" tabindex="0" role="region" aria-label="The figures behind the effects">
        <table>
        <thead><tr><th scope="col">Variant</th><th scope="col" class="number">Control</th><th scope="col" class="number">Variant</th><th scope="col" class="number">Effect</th><th scope="col">Interval</th><th scope="col" class="number">p</th><th scope="col"></th><th scope="col" class="number">Units</th><th scope="col" class="number">Of control</th></tr></thead>
        {{#groups}}
        <tbody>
        <tr><th scope="rowgroup" colspan="9">{{#.name}}<bdi>{{.}}</bdi> {{/.name}}<code>{{key}}</code>, {{role}}</th></tr>
        {{#rows}}
        <tr><td>{{variant}}</td><td class="number">{{.control}}</td><td class="number">{{.mean}}</td><td class="number">{{.effect}}</td><td class="figures">{{.interval}}</td><td class="number">{{.pValue}}</td><td class="figures">{{.finding}}</td><td class="number">{{.units}}</td><td class="number">{{.controlUnits}}</td></tr>
        {{/rows}}
        </tbody>
        {{/groups}}
        </table>
        </div>
        </details>
        {{#.more}}<p class="quiet">{{.}}</p>{{/.more}}
        </section>
        {{/effects}}
        {{#segments}}
        <section class="{{#isDoubtful}}doubtful{{/isDoubtful}}" aria-labelledby="segments">
        <h2 id="segments">By segment</h2>
        {{#.metric}}<p class="quiet">What the variants do to {{.}} in each segment, corrected for all that is compared of it. Segments decide nothing: while nothing shows that the effect differs, the best estimate for each is the effect on all units.</p>{{/.metric}}
        {{^.metric}}<p>The plan has no goal to show by segment. Any of its metrics:</p>{{/.metric}}
        {{#.command}}<pre>{{.}}</pre>{{/.command}}
        {{#isDoubtful}}<p class="alarm">Not to be trusted: the decision above says why.</p>{{/isDoubtful}}
        {{#isEarly}}<p class="notice">The planned end is not reached, and these intervals count only there.</p>{{/isEarly}}
        {{#dimensions}}
        <details><summary>By <bdi>{{title}}</bdi>{{#.outcome}}: {{#differs}}<strong>{{outcome}}</strong>{{/differs}}{{^differs}}{{outcome}}{{/differs}}{{/.outcome}}</summary>
        {{#.plot}}
        <figure><figcaption>{{title}}</figcaption>
        {{{svg}}}
        </figure>
        {{/.plot}}
        <ul class="notes quiet">{{#.notes}}<li>{{.}}</li>{{/.notes}}{{#assumptions}}<li>{{.}}</li>{{/assumptions}}</ul>
        <div class="wide" tabindex="0" role="region" aria-label="The figures by {{title}}">
        <table>
        <tr><th scope="col">Segment</th><th scope="col">Variant</th><th scope="col" class="number">Effect</th><th scope="col">Interval</th><th scope="col" class="number">p</th><th scope="col"></th><th scope="col" class="number">Units</th><th scope="col" class="number">Of control</th></tr>
        {{#.rows}}
        <tr><td><bdi>{{segment}}</bdi></td>{{#row}}<td>{{variant}}</td><td class="number">{{.effect}}</td><td class="figures">{{.interval}}</td><td class="number">{{.pValue}}</td><td class="figures">{{.finding}}</td><td class="number">{{.units}}</td><td class="number">{{.controlUnits}}</td>{{/row}}</tr>
        {{/.rows}}
        </table>
        </div>
        {{#.more}}<p class="quiet">{{.}}</p>{{/.more}}
        </details>
        {{/dimensions}}
        </section>
        {{/segments}}
        {{#history}}
        <section class="{{#isDoubtful}}doubtful{{/isDoubtful}}" aria-labelledby="history">
        <h2 id="history">Over time</h2>
        <p class="quiet">What was known of the goals at the end of each day of UTC, with its interval.{{#isOnlyForItself}} Each day's interval holds for itself, not all of them together.{{/isOnlyForItself}}</p>
        <div class="charts">
        {{#charts}}
        <figure><figcaption>{{title}}</figcaption>
        {{{svg}}}
        </figure>
        {{/charts}}
        </div>
        <details><summary>The figures, day by day</summary>
        {{#tables}}
        <div class="wide" tabindex="0" role="region" aria-label="The effect on {{title}}, day by day">
        <table>
        <caption>{{title}}</caption>
        <tr><th scope="col">Day</th><th scope="col">Variant</th><th scope="col" class="number">Effect</th><th scope="col">Interval</th></tr>
        {{#rows}}
        <tr><td>{{day}}</td><td>{{variant}}</td><td class="number">{{.effect}}</td><td class="figures">{{.interval}}</td></tr>
        {{/rows}}
        </table>
        </div>
        {{#.more}}<p class="quiet">{{.}}</p>{{/.more}}
        {{/tables}}
        </details>
        {{#.more}}<p class="quiet">{{.}}</p>{{/.more}}
        </section>
        {{/history}}
        {{#found}}
        <section aria-labelledby="power">
        <h2 id="power">What it can find</h2>
        {{#.sentence}}<p>{{.}}</p>{{/.sentence}}
        <p class="quiet">{{pace}}</p>
        <details><summary>What it can find, metric by metric</summary>
        <p class="quiet">The smallest effects that are found with a probability of {{probability}}, by now and when the planned units are there; and of the planned effect, how probably it is found at the end, and what it still needs.</p>
        <div class="wide" tabindex="0" role="region" aria-label="What it can find, metric by metric">
        <table>
        <tr><th scope="col">Metric</th><th scope="col">Variant</th><th scope="col" class="number">By now</th><th scope="col" class="number">At the end</th><th scope="col" class="number">Planned</th><th scope="col" class="number">Found</th><th scope="col" class="number">Units missing</th><th scope="col" class="number">Days</th></tr>
        {{#.rows}}
        <tr><td><bdi>{{metric}}</bdi></td><td>{{variant}}</td>{{#.missing}}<td colspan="6">{{.}}</td>{{/.missing}}{{^.missing}}<td class="number">{{.now}}</td><td class="number">{{.atEnd}}</td><td class="number">{{.planned}}</td><td class="number">{{.power}}</td><td class="number">{{.unitsMissing}}</td><td class="number">{{.days}}</td>{{/.missing}}</tr>
        {{/.rows}}
        </table>
        </div>
        {{#.more}}<p class="quiet">{{.}}</p>{{/.more}}
        <ul class="notes quiet">{{#assumptions}}<li>{{.}}</li>{{/assumptions}}</ul>
        </details>
        </section>
        {{/found}}
        {{#spanned}}
        <h2 id="spanned">What it was withheld from</h2>
        {{#hasRows}}
        <div class="wide" tabindex="0" role="region" aria-label="Experiments that the holdout spans">
        <table>
        <tr><th scope="col">Experiment</th><th scope="col">State</th><th scope="col">Shipped</th><th scope="col">Since</th><th scope="col">Until</th></tr>
        {{#rows}}
        <tr><th scope="row"><a href="/experiments?key={{key}}"><bdi>{{name}}</bdi></a><br><code class="quiet">{{key}}</code></th><td>{{state}}</td><td>{{.variant}}</td><td class="figures">{{since}}</td><td class="figures">{{.until}}</td></tr>
        {{/rows}}
        </table>
        </div>
        {{/hasRows}}
        {{^hasRows}}<p>Nobody was withheld from an experiment by it yet.</p>{{/hasRows}}
        {{#.more}}<p class="quiet">{{.}}</p>{{/.more}}
        {{/spanned}}
        """#
}
