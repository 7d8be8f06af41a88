using System.IO.Compression;
using System.Text;
using Backprop.Shared.Data;
using Backprop.Shared.Primitives;

namespace Backprop.Tests.Shared.Data;

/// <summary>A folder of its own for a test, gone afterwards.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("backprop-data-").FullName;

    public string Write(string name, byte[] content)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    public static byte[] Pack(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }

    public static byte[] Pack(string content) => Pack(Encoding.UTF8.GetBytes(content));

    public SourceContext Context(int? classes = null, params string[] targets) => new(Path, 1, classes, targets);

    /// <summary>The message of the error that the action must end in: one sentence, exit code 2.</summary>
    public static string Fault(Action action)
    {
        var exception = Should.Throw<UserException>(action);
        exception.ExitCode.ShouldBe(ExitCode.Usage);
        exception.Message.ShouldMatch(@"^[^\r\n]+[.?]$");
        return exception.Message;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
