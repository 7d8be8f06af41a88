using Backprop.Shared.Primitives;

namespace Backprop.Tests.Shared.Data;

/// <summary>What is said of data that cannot be read.</summary>
internal static class DataError
{
    /// <summary>The message of the error that the action must end in: one sentence, exit code 2.</summary>
    public static string Of(Action action)
    {
        var exception = Should.Throw<UserException>(action);
        exception.ExitCode.ShouldBe(ExitCode.Usage);
        exception.Message.ShouldMatch(@"^[^\r\n]+[.?]$");
        return exception.Message;
    }
}
