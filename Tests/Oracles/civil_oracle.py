"""An independent judge for zones, dates, holidays, windows and deadlines: Python's zoneinfo, datetime and calendar.

Prints a corpus with fixed seed, one case a line; moments are seconds since 1970 in UTC:

    z <zone> <its TZif file, hex>                     the lines o, l, e and q that follow are of this zone
    o <moment> <offset in seconds> <abbreviation>
    l <date> <second of day> once <moment> | twice <earlier> <later> | skipped <moment by the offset before>
    e <date> <first moment of the day> <end of the day>
    q <start> <end> <moment> <1 within, 0 outside> <first moment outside>
    m <date> <months> <date> <days between>
    w <date> <weekday, 1 is Monday> <ISO year> <ISO week>
    E <year> <Easter Sunday> <Orthodox Easter Sunday>
    H <set> <year> <dates, separated by commas>
    L <zone> <set> <regime> <moment> <acknowledge by> <due> <due if extended>; "-" where there is none

Days and windows are found by stepping through the minutes and looking at the clock, not by reckoning with offsets.
Easter is Knuth's ("The Art of Computer Programming", vol. 1, 1.3.2, exercises 14 and 15), and python-dateutil's must
agree where it is installed.

Known differences, which the corpus leaves out: before the first change zoneinfo takes the first standard time, RFC 9636
the first type; the corpus begins in 1900, where no zone has them apart.

Usage: civil_oracle.py [number of zones]
"""

import calendar
import os
import random
import sys
import zoneinfo
from datetime import date, datetime, timedelta, timezone

try:
    from dateutil import easter as dateutil_easter
except ImportError:
    dateutil_easter = None

SEED = 9636
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
NAIVE_EPOCH = datetime(1970, 1, 1)
FIRST = int((datetime(1900, 1, 1) - NAIVE_EPOCH).total_seconds())
LAST = int((datetime(2100, 1, 1) - NAIVE_EPOCH).total_seconds())
DAY = timedelta(days=1)

# Zones whose past has what is rare: midnight left out or repeated, a day left out or repeated, changes at 00:01,
# negative summer time, a change of half an hour or of twenty minutes, changes beyond 24:00.
CHOSEN = [
    "Africa/Cairo", "Africa/Casablanca", "Africa/Monrovia", "America/Asuncion", "America/Godthab", "America/Havana",
    "America/Los_Angeles", "America/New_York", "America/Santiago", "America/Sao_Paulo", "America/St_Johns",
    "Asia/Amman", "Asia/Beirut", "Asia/Gaza", "Asia/Jerusalem", "Asia/Manila", "Asia/Tehran", "Australia/Lord_Howe",
    "Europe/Amsterdam", "Europe/Berlin", "Europe/Dublin", "Europe/London", "Pacific/Apia", "Pacific/Chatham",
    "Pacific/Kiritimati", "Pacific/Kwajalein", "UTC",
]


def file_of(name):
    for directory in zoneinfo.TZPATH:
        path = os.path.join(directory, name)
        if os.path.isfile(path):
            with open(path, "rb") as file:
                return file.read()
    return None


def local(zone, moment):
    return (EPOCH + timedelta(seconds=moment)).astimezone(zone)


def seconds(naive):
    return int((naive - NAIVE_EPOCH).total_seconds())


def offset(zone, moment):
    return int(local(zone, moment).utcoffset().total_seconds())


def changes(zone):
    """Where the offset or its name changes: found by weeks, then by bisection."""
    key = lambda moment: (local(zone, moment).utcoffset(), local(zone, moment).tzname())
    week = 7 * 86_400
    before = key(FIRST)
    found = []
    for moment in range(FIRST, LAST, week):
        after = key(moment + week)
        if after != before:
            low, high = moment, moment + week
            while high - low > 1:
                middle = (low + high) // 2
                if key(middle) == before:
                    low = middle
                else:
                    high = middle
            found.append(high)
        before = after
    return found


def moments(zone, naive):
    """The answers of both folds, checked by going back."""
    answers = []
    for fold in (0, 1):
        aware = naive.replace(tzinfo=zone, fold=fold)
        answers.append(seconds(naive) - int(aware.utcoffset().total_seconds()))
    shown = [moment for moment in answers if local(zone, moment).replace(tzinfo=None, fold=0) == naive]
    if not shown:
        return "skipped %d" % answers[0]
    if len(set(shown)) == 2:
        return "twice %d %d" % tuple(sorted(shown))
    return "once %d" % shown[0]


def first_where(predicate, moments_):
    """The first second that satisfies the predicate, between the last minute that does not and the first that does."""
    for moment in moments_:
        if predicate(moment):
            while predicate(moment - 1):
                moment -= 1
            return moment
    raise ValueError("never")


def start_of_day(zone, day):
    midnight = seconds(datetime(day.year, day.month, day.day))
    begin = midnight - 27 * 3_600
    return first_where(lambda t: local(zone, t).date() >= day, range(begin, midnight + 27 * 3_600, 60))


def end_of_day(zone, day):
    """One second behind the last second that the calendar shows the day or an earlier one."""
    midnight = seconds(datetime(day.year, day.month, day.day)) + 86_400
    moment = midnight + 27 * 3_600
    while local(zone, moment).date() > day:
        moment -= 60
    while local(zone, moment + 1).date() <= day:
        moment += 1
    return moment + 1


def within(zone, start, end, moment):
    clock = local(zone, moment)
    minute = clock.hour * 60 + clock.minute
    return start <= minute < end if start < end else minute >= start or minute < end


def first_outside(zone, start, end, moment):
    if not within(zone, start, end, moment):
        return moment
    return first_where(lambda t: not within(zone, start, end, t), range(moment, moment + 100 * 3_600, 60))


def clock(minutes):
    return "%02d:%02d" % divmod(minutes, 60)


def print_zone(r, name):
    zone = zoneinfo.ZoneInfo(name)
    print("z", name, file_of(name).hex())
    found = changes(zone)
    instants = [r.randrange(FIRST, LAST) for _ in range(150)]
    for change in found:
        instants += [change - 1, change, change + r.randrange(3_600)]
    for moment in instants:
        print("o", moment, offset(zone, moment), local(zone, moment).tzname())
    # The times that the clock shows around a change: before, within and behind gap and overlap.
    times = [NAIVE_EPOCH + timedelta(seconds=r.randrange(FIRST, LAST)) for _ in range(30)]
    for change in r.sample(found, min(len(found), 30)):
        shown = local(zone, change - 1).replace(tzinfo=None, fold=0) + timedelta(seconds=1)
        times += [shown + timedelta(seconds=s) for s in (-1, 0, 1, 1_800, -1_800, 3_599, 3_600, -3_600, 7_200)]
    for naive in times:
        of_day = naive - datetime(naive.year, naive.month, naive.day)
        print("l", naive.date(), int(of_day.total_seconds()), moments(zone, naive))
    # Days and windows: few, as each is looked for minute by minute.
    near = r.sample(found, min(len(found), 2))
    if name in CHOSEN:
        hours = [(local(zone, change - 1).hour, local(zone, change).hour) for change in found]
        near += [change for change, (last, first) in zip(found, hours) if last >= 22 or first <= 1][:12]
    days = [local(zone, change).date() for change in near] + [date(1900, 1, 2) + r.randrange(73_000) * DAY]
    for day in days:
        for day in (day - DAY, day):
            print("e", day, start_of_day(zone, day), end_of_day(zone, day))
    recent = [change for change in near if change > 315_532_800]
    for moment in [change - r.randrange(50_000) for change in recent] + [r.randrange(315_532_800, LAST)]:
        start, end = r.sample(range(1440), 2)
        if r.random() < 0.5:
            start, end = 21 * 60, r.choice([30, 2 * 60 + 30, 8 * 60])
        arguments = (zone, start, end, moment)
        print("q", clock(start), clock(end), moment, int(within(*arguments)), first_outside(*arguments))


def adding_months(day, months):
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def print_dates(r):
    first, last = date(1600, 1, 1).toordinal(), date(2400, 1, 1).toordinal()
    for _ in range(4_000):
        day = date.fromordinal(r.randrange(first, last))
        if r.random() < 0.4:
            day = day.replace(day=calendar.monthrange(day.year, day.month)[1])
        months = r.randrange(-600, 600) if r.random() < 0.5 else r.randrange(-3, 4)
        sum_ = adding_months(day, months)
        print("m", day, months, sum_, (sum_ - day).days)
        year, week, weekday = day.isocalendar()
        print("w", day, weekday, year, week)
    for year in range(1890, 2110):
        for day in [date(year, 1, 1 + n) for n in range(5)] + [date(year, 12, 27 + n) for n in range(5)]:
            iso = day.isocalendar()
            print("w", day, iso[2], iso[0], iso[1])


def easter(year):
    golden, century = year % 19 + 1, year // 100 + 1
    x, z = 3 * century // 4 - 12, (8 * century + 5) // 25 - 5
    epact = (11 * golden + 20 + z - x) % 30
    if epact == 24 or epact == 25 and golden > 11:
        epact += 1
    return following_sunday(year, epact, 5 * year // 4 - x - 10)


def orthodox_easter(year):
    golden = year % 19 + 1
    julian = following_sunday(year, (11 * golden - 4) % 30 + 1, 5 * year // 4)
    return julian + (year // 100 - year // 400 - 2) * DAY


def following_sunday(year, epact, sunday):
    full_moon = 44 - epact if 44 - epact >= 21 else 74 - epact
    return date(year, 3, 1) + (full_moon + 6 - (sunday + full_moon) % 7) * DAY


def nth(year, month, weekday, ordinal):
    days = [week[weekday] for week in calendar.Calendar().monthdayscalendar(year, month) if week[weekday]]
    return date(year, month, days[ordinal])


def observed(day):
    """A holiday and the weekday on which it is kept if it falls on a weekend."""
    return {day, day + {5: -1, 6: 1}.get(day.weekday(), 0) * DAY}


def holidays(name, year):
    if name == "de":
        fixed = {date(year, m, d) for m, d in ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26))}
        return sorted(fixed | {easter(year) + n * DAY for n in (-2, 1, 39, 50)})
    if name == "gr":
        fixed = {date(year, m, d) for m, d in ((1, 1), (1, 6), (3, 25), (5, 1), (8, 15), (10, 28), (12, 25), (12, 26))}
        return sorted(fixed | {orthodox_easter(year) + n * DAY for n in (-48, -2, 1, 50)})
    days = set()
    for year_ in (year - 1, year, year + 1):
        for month, day in ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25)):
            days |= observed(date(year_, month, day))
    days |= {nth(year, 1, 0, 2), nth(year, 2, 0, 2), nth(year, 5, 0, -1), nth(year, 9, 0, 0), nth(year, 10, 0, 1)}
    return sorted(day for day in days | {nth(year, 11, 3, 3)} if day.year == year)


def is_working(name, day):
    return day.weekday() < 5 and day not in holidays(name, day.year)


def working_days(name, day, count):
    while count > 0:
        day += DAY
        count -= is_working(name, day)
    return day


def rolled(name, day):
    while not is_working(name, day):
        day += DAY
    return day


def deadline(name, regime, day):
    """The last days: for the acknowledgement, the answer, and the extended answer."""
    if regime == "gdpr":
        return None, rolled(name, adding_months(day, 1)), rolled(name, adding_months(day, 3))
    if regime == "ccpa":
        return working_days(name, day, 10), day + 45 * DAY, day + 90 * DAY
    if regime == "optout":
        return None, working_days(name, day, 15), None
    if regime == "access":
        return None, day + 30 * DAY, day + 60 * DAY
    return None, day + 60 * DAY, day + 90 * DAY


def print_holidays(r):
    for year in range(1900, 2201):
        both = easter(year), orthodox_easter(year)
        if dateutil_easter:
            theirs = dateutil_easter.easter(year), dateutil_easter.easter(year, dateutil_easter.EASTER_ORTHODOX)
            if both != theirs:
                sys.exit("Knuth and dateutil disagree about Easter %d" % year)
        print("E", year, *both)
    for name in ("de", "gr", "us"):
        for year in range(1950, 2101):
            print("H", name, year, ",".join(map(str, holidays(name, year))))
    for _ in range(300):
        zone_name, name = r.choice(
            [("Europe/Berlin", "de"), ("Europe/Athens", "gr"), ("America/Los_Angeles", "us"), ("America/Havana", "us")])
        zone = zoneinfo.ZoneInfo(zone_name)
        moment = r.randrange(seconds(datetime(2018, 5, 25)), seconds(datetime(2090, 1, 1)))
        regime = r.choice(["gdpr", "ccpa", "optout", "access", "accounting"])
        days = deadline(name, regime, local(zone, moment).date())
        print("L", zone_name, name, regime, moment, *["-" if day is None else end_of_day(zone, day) for day in days])


def main():
    r = random.Random(SEED)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    names = sorted(name for name in zoneinfo.available_timezones() if file_of(name))
    chosen = [name for name in CHOSEN if name in names]
    others = [name for name in names if name not in chosen]
    needed = {"Europe/Berlin", "Europe/Athens", "America/Los_Angeles", "America/Havana"}
    picked = set(chosen[:count]) | set(r.sample(others, max(0, min(len(others), count - len(chosen))))) | needed
    for name in sorted(picked & set(names)):
        print_zone(r, name)
    print_dates(r)
    print_holidays(r)


if __name__ == "__main__":
    main()
