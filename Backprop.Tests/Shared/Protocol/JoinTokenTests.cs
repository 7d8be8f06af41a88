using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Protocol;

public sealed class JoinTokenTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _path;

    public JoinTokenTests() => _path = _folder.Write("token", "");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WhiteSpaceAroundATokenDoesNotCount()
    {
        Write("  0123456789abcdef\r\n\n");

        JoinToken.Read(_path).Bearer.ShouldBe("Bearer 0123456789abcdef");
    }

    [Theory]
    [InlineData("Bearer 0123456789abcdef", true)]
    [InlineData("Bearer 0123456789abcdeF", false)]
    [InlineData("Bearer 0123456789abcde", false)]
    [InlineData("Bearer 0123456789abcdef0", false)]
    [InlineData("bearer 0123456789abcdef", false)]
    [InlineData("0123456789abcdef", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void ATokenIsShownWholeOrNotAtAll(string? shown, bool isIt) =>
        new JoinToken("0123456789abcdef"u8).IsShownBy(shown).ShouldBe(isIt);

    [Fact]
    public void WhatCannotBeSentIsNoToken()
    {
        foreach (var text in (string[])["0123456789abcdef\nsecond line", "0123456789abcdefä", "0123456789\0abcdef"])
        {
            Write(text);
            Refused("more than a line of plain text");
        }
    }

    [Fact]
    public void ATokenThatIsTooShortIsRefused()
    {
        Write("0123456789abcde\n");
        Refused("15 bytes");
    }

    [Fact]
    public void AFileThatIsNoTokenIsRefused()
    {
        Write(new string('x', 5000));
        Refused("longer than 4096");
    }

    [Fact]
    public void ATokenThatEverybodyMayReadIsRefused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "files have no Unix mode there");
        Write("0123456789abcdef");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        }

        Refused("open to every user");
    }

    [Fact]
    public void AFileThatIsNotThereOrAFolderIsSaid()
    {
        foreach (var path in (string[])[_path + ".none", _folder.Path, ""])
        {
            Should.Throw<UserException>(() => JoinToken.Read(path)).ExitCode.ShouldBe(ExitCode.Usage);
        }
    }

    private void Write(string text)
    {
        File.WriteAllText(_path, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private void Refused(string part)
    {
        var exception = Should.Throw<UserException>(() => JoinToken.Read(_path));
        exception.ExitCode.ShouldBe(ExitCode.Usage);
        exception.Message.ShouldContain(part);
        exception.Message.ShouldContain(_path);
    }
}
