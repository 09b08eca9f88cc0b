def main() -> None:
    print("callisto")
if __name__ == "__main__":
    main()
