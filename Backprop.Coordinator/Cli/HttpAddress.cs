using System.CommandLine;
using System.CommandLine.Parsing;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cli;

/// <summary>Where a coordinator's status page is.</summary>
internal static class HttpAddress
{
    /// <summary>Where it is unless somebody says otherwise.</summary>
    public const string Default = "127.0.0.1:8470";

    /// <summary>For who asks: where the status page is.</summary>
    public static Option<HostPort> Coordinator() => new("--coordinator")
    {
        Description = "the HTTP address of a status page, instead of a node",
        HelpName = "HOST:HTTPPORT",
        DefaultValueFactory = _ => HostPort.Parse(Default, "--coordinator"),
        CustomParser = result => Parse(result, "--coordinator"),
    };

    /// <summary>Reads an option's address; one that is wrong becomes an error of the command line.</summary>
    public static HostPort Parse(ArgumentResult result, string option)
    {
        try
        {
            return HostPort.Parse(result.Tokens[0].Value, option);
        }
        catch (UserException problem)
        {
            result.AddError(problem.Message);
            return default;
        }
    }
}
