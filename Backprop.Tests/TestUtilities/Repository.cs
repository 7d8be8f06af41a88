namespace Backprop.Tests.TestUtilities;

/// <summary>Where the files are that tests share with users.</summary>
internal static class Repository
{
    /// <summary>The folder with the solution.</summary>
    public static string Root { get; } = Find();

    /// <summary>A file of the repository.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>
    /// The folder with MNIST's four files, or null: <c>BACKPROP_MNIST</c>, <c>data/mnist</c>, or <c>shared/data/mnist</c> beside the
    /// repository.
    /// </summary>
    public static string? Mnist { get; } = new[]
    {
        Environment.GetEnvironmentVariable("BACKPROP_MNIST"),
        PathOf("data", "mnist"),
        PathOf("..", "shared", "data", "mnist"),
    }.FirstOrDefault(folder => folder is not null && File.Exists(Path.Combine(folder, "train-images-idx3-ubyte.gz")));

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Backprop.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not lie below the repository.");
    }
}
