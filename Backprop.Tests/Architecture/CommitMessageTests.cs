using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Architecture;

/// <summary>The first line of a commit's message is a headline: a list of commits shows it whole.</summary>
public sealed class CommitMessageTests
{
    private const int ColumnsMaximum = 72;

    /// <summary>The rule holds for what comes after this commit; older headlines are history, and stay.</summary>
    private const string Since = "a24ff886497297f4f40d4092e0805a456944c8be";

    [Fact]
    public void AFirstLineIsAHeadline()
    {
        Assert.SkipUnless(Git("rev-parse", "--is-shallow-repository") == "false", "here is no git, or no whole history to look at");
        Assert.SkipWhen(Git("merge-base", "--is-ancestor", Since, "HEAD") is null, $"{Since} is not in this history");

        TooLong(Git("log", "--format=%h %s", $"{Since}..HEAD")!)
            .ShouldBeEmpty($"first lines have at most {ColumnsMaximum} columns; reword it (git commit --amend), details go below it");
    }

    [Fact]
    public void TheCheckSeesALongLine()
    {
        var (fits, tooLong) = ($"a24ff88 {new string('x', ColumnsMaximum)}", $"1361854 {new string('x', ColumnsMaximum + 1)}");

        TooLong($"{fits}\n{tooLong}").ShouldBe([tooLong]);
    }

    private static IEnumerable<string> TooLong(string log) =>
        log.Split('\n').Where(line => line.Length > line.IndexOf(' ', StringComparison.Ordinal) + 1 + ColumnsMaximum);

    /// <summary>What git says; null where it fails, or is not there.</summary>
    private static string? Git(params string[] arguments)
    {
        try
        {
            var said = ChildProcess.Run("git", ["-C", Repository.Root, .. arguments]);
            return said.ExitCode == 0 ? said.Output.TrimEnd() : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
