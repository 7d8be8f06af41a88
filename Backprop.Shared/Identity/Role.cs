using Backprop.Shared.Primitives;

namespace Backprop.Shared.Identity;

/// <summary>What the holder of a certificate may do in its cluster. Certificates name it as their unit (OU).</summary>
internal enum Role
{
    /// <summary>A node that may coordinate; all that the others may, too.</summary>
    Coordinator,

    /// <summary>A node that runs worker processes and never coordinates.</summary>
    Node,

    /// <summary>A worker process that somebody starts by hand: it takes part in runs, and is no member of the cluster.</summary>
    Worker,

    /// <summary>A person or a script that submits runs, gives orders and looks.</summary>
    Operator,
}

/// <summary>The words for <see cref="Role"/>, as certificates and the command line have them.</summary>
internal static class RoleWords
{
    /// <summary>The word, in lower case.</summary>
    public static string Of(Role role) => role switch
    {
        Role.Coordinator => "coordinator",
        Role.Node => "node",
        Role.Worker => "worker",
        Role.Operator => "operator",
    };

    /// <summary>The role of a word; null: there is none.</summary>
    public static Role? TryRead(string? word)
    {
        foreach (var role in Enum.GetValues<Role>())
        {
            if (Of(role) == word)
            {
                return role;
            }
        }

        return null;
    }

    /// <summary>The role of a word on the command line.</summary>
    /// <exception cref="UserException">There is none (exit code 2).</exception>
    public static Role Read(string word) => TryRead(word) ?? throw new UserException(
        ExitCode.Usage, $"--role takes {string.Join(", ", Enum.GetValues<Role>().Select(Of))}, not {Shown.Quoted(word)}.");
}
