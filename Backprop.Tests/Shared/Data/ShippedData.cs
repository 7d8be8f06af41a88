namespace Backprop.Tests.Shared.Data;

/// <summary>Finds what is shipped in <c>data/</c>, from wherever the tests were built to.</summary>
internal static class ShippedData
{
    public static string File(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "Backprop.sln")))
            {
                return Path.Combine(folder.FullName, "data", name);
            }
        }

        throw new FileNotFoundException("The tests do not lie below the project's folder.", name);
    }
}
