using System.CommandLine;
using Backprop.Shared.Identity;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cli;

/// <summary><c>--identity DIR</c>, where a process finds its certificate and whom it believes.</summary>
internal static class IdentityOption
{
    /// <summary>The option.</summary>
    public static Option<string?> Create(string description) => new("--identity") { Description = description, HelpName = "DIR" };

    /// <summary>What was given; null: nothing was.</summary>
    /// <exception cref="UserException">It cannot be read (exit code 2), or is not good now (6).</exception>
    public static IdentityFolder? Read(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } folder ? new IdentityFolder(folder, TimeProvider.System) : null;

    /// <summary>The same for a process that serves.</summary>
    /// <exception cref="UserException">It cannot be read (exit code 2), is not good now, or is for another role (6).</exception>
    public static IdentityFolder? ReadOfNode(ParseResult parsed, Option<string?> option, bool mayCoordinate)
    {
        var identity = Read(parsed, option);
        if (mayCoordinate)
        {
            identity?.Current.Require("a node that may coordinate", Role.Coordinator);
        }
        else
        {
            identity?.Current.Require("a node", Role.Coordinator, Role.Node);
        }

        return identity;
    }
}
