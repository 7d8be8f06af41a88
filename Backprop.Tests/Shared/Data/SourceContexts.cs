using Backprop.Shared.Data;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Data;

internal static class SourceContexts
{
    /// <summary>What a source whose files are in the folder is loaded with; the seed is 1.</summary>
    public static SourceContext Context(this TemporaryFolder folder, int? classes = null, params string[] targets) =>
        new(folder.Path, 1, classes, targets);
}
