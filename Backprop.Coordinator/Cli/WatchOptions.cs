using System.CommandLine;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cli;

/// <summary>How a training is watched: what its log says and how, and where its status page is.</summary>
/// <param name="Http">Where status page and metrics are; null: nowhere.</param>
internal sealed record WatchSettings(LogFormat Format, LogDetail Detail, HostPort? Http);

/// <summary>How a training is watched: the same for every command that trains.</summary>
internal sealed class WatchOptions
{
    private const string Nowhere = "none";
    private readonly Option<HostPort?> _http;
    private readonly Option<bool> _quiet = new("--quiet") { Description = "logs warnings and failures only" };

    private readonly Option<bool> _verbose = new("--verbose")
    {
        Description = "logs every epoch, evaluation and checkpoint, not only one of each a second",
    };

    private readonly Option<LogFormat> _log = new("--log")
    {
        Description = "how the log is written: text, or json, an object a line (default text)",
        HelpName = "text|json",
        CustomParser = result =>
        {
            switch (result.Tokens[0].Value)
            {
                case "text":
                    return LogFormat.Text;
                case "json":
                    return LogFormat.Json;
                default:
                    result.AddError($"--log takes text or json, not '{result.Tokens[0].Value}'.");
                    return default;
            }
        },
    };

    /// <param name="http">Where the status page is unless somebody says otherwise; null: nowhere.</param>
    public WatchOptions(string? http) => _http = new Option<HostPort?>("--http")
    {
        Description = $"where status page and metrics are, without password; '{Nowhere}': nowhere (default {http ?? Nowhere})",
        HelpName = "HOST:PORT",
        DefaultValueFactory = _ => http is null ? null : HostPort.Parse(http, "--http"),
        CustomParser = result => result.Tokens[0].Value == Nowhere ? null : HttpAddress.Parse(result, "--http"),
    };

    /// <summary>All of them.</summary>
    public Option[] All => [_http, _log, _quiet, _verbose];

    /// <exception cref="UserException">They exclude each other (exit code 2).</exception>
    public WatchSettings Read(ParseResult parsed)
    {
        var (quiet, verbose) = (parsed.GetValue(_quiet), parsed.GetValue(_verbose));
        if (quiet && verbose)
        {
            throw new UserException(ExitCode.Usage, "--quiet and --verbose exclude each other; give one of them.");
        }

        // The library cannot hand out the null that stands for nowhere.
        var http = parsed.GetResult(_http) is { Tokens: [{ Value: Nowhere }] } ? null : parsed.GetValue(_http);
        return new(parsed.GetValue(_log), quiet ? LogDetail.Quiet : verbose ? LogDetail.Verbose : LogDetail.Normal, http);
    }
}
