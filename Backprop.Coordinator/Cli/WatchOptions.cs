using System.CommandLine;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cli;

/// <summary>Where a coordinator is watched, and how its log is written.</summary>
internal static class WatchOptions
{
    /// <summary>Where the status page is unless somebody says otherwise.</summary>
    public const string HttpDefault = "127.0.0.1:8470";

    /// <summary>For who asks: where the status page is.</summary>
    public static Option<HostPort> Coordinator() => new("--coordinator")
    {
        Description = "the coordinator's HTTP address",
        HelpName = "HOST:HTTPPORT",
        DefaultValueFactory = _ => HostPort.Parse(HttpDefault, "--coordinator"),
        CustomParser = result => AddressOf(result, "--coordinator"),
    };

    /// <summary>For the coordinator: where the status page shall be; null: nowhere.</summary>
    public static Option<HostPort?> Http() => new("--http")
    {
        Description = "where status page and metrics are, without password; 'none': nowhere",
        HelpName = "HOST:PORT",
        DefaultValueFactory = _ => HostPort.Parse(HttpDefault, "--http"),
        CustomParser = result => result.Tokens[0].Value == "none" ? null : AddressOf(result, "--http"),
    };

    /// <summary>What was typed for <see cref="Http"/>. The library cannot hand out the null that stands for nowhere.</summary>
    public static HostPort? HttpOf(ParseResult parsed, Option<HostPort?> http) =>
        parsed.GetResult(http) is { Tokens: [{ Value: "none" }] } ? null : parsed.GetValue(http);

    /// <summary>How the log is written.</summary>
    public static Option<LogFormat> Log() => new("--log")
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

    private static HostPort AddressOf(System.CommandLine.Parsing.ArgumentResult result, string option)
    {
        try
        {
            return HostPort.Parse(result.Tokens[0].Value, option);
        }
        catch (Shared.Primitives.UserException problem)
        {
            result.AddError(problem.Message);
            return default;
        }
    }
}
