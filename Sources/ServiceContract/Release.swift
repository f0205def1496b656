/// This version of Gyre.
public enum Release {
    public static let version = "1.0.0"
}
