/// One metric's sums of each phase (outer) and arm (inner): units count in the phase in which they were exposed first.
public typealias PhasedSums = [[MetricSums]]
