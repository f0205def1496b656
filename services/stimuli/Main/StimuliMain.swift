import ServiceKit
import StimuliService

/// The stimuli service's process.
@main
enum StimuliMain {
    static func main() async {
        await ServiceProcess.run(StimuliService.definition, compose: StimuliService.compose)
    }
}
