using Google.Protobuf;

namespace Backprop.Shared.Protocol;

/// <summary>A data file of a run, as the coordinator lists it. For a worker everything in it came over the network.</summary>
/// <param name="Index">Its place in the coordinator's list.</param>
/// <param name="Name">What the coordinator calls it.</param>
/// <param name="Path">Where the coordinator has it.</param>
/// <param name="Size">How many bytes it has.</param>
/// <param name="Sha256">Their SHA-256.</param>
internal sealed record OfferedFile(int Index, string Name, string Path, long Size, byte[] Sha256)
{
    private const int LongestName = 100;

    /// <summary>The hash in hexadecimal digits.</summary>
    public string Hash => Convert.ToHexStringLower(Sha256);

    /// <summary>A name that is a file's in whatever folder it is put: no folders, no hidden files, plain characters.</summary>
    public string SafeName
    {
        get
        {
            var name = System.IO.Path.GetFileName(Name.Replace('\\', '/'));
            var plain = string.Concat(name.TakeLast(LongestName).Select(c => IsPlain(c) ? c : '_')).TrimStart('.');
            return plain.Length > 0 ? plain : "data";
        }
    }

    /// <summary>A file as it came over the network.</summary>
    public static OfferedFile From(DataFile message, int index) =>
        new(index, message.Name, message.Path, message.Size, message.Sha256.ToByteArray());

    /// <summary>The same, as it travels.</summary>
    public DataFile ToMessage() => new() { Name = Name, Path = Path, Size = Size, Sha256 = ByteString.CopyFrom(Sha256) };

    private static bool IsPlain(char character) => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_';
}
