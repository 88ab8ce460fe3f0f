"""The vocabulary of the made-up home and fashion shop; every person in it is invented."""

from __future__ import annotations

FIRST_NAMES = (
    "Ana", "Beatriz", "Camila", "Daniela", "Elena", "Fernanda", "Gabriela", "Helena", "Inés",
    "Juliana", "Lara", "Mariana", "Natália", "Olívia", "Paula", "Renata", "Sofía", "Teresa",
    "Valentina", "Alejandro", "Bruno", "Caio", "Diego", "Eduardo", "Felipe", "Gustavo", "Hugo",
    "Iván", "João", "Lucas", "Mateo", "Nicolás", "Otávio", "Pedro", "Rafael", "Santiago", "Tiago",
    "Vítor",
)  # fmt: skip

LAST_NAMES = (
    "Almeida", "Barbosa", "Cardoso", "Díaz", "Esteves", "Ferreira", "García", "Herrera", "Ibáñez",
    "Jiménez", "Lopes", "Martins", "Nunes", "Oliveira", "Pereira", "Queiroz", "Ramírez", "Souza",
    "Teixeira", "Vargas", "Zapata",
)  # fmt: skip

STREETS = ("Rua das Palmeiras", "Avenida do Sol", "Rua do Porto", "Calle Mayor", "Alameda Azul")

CITIES = (
    ("São Paulo", "SP", "01000-000"), ("Rio de Janeiro", "RJ", "20000-000"),
    ("Belo Horizonte", "MG", "30000-000"), ("Curitiba", "PR", "80000-000"),
    ("Salvador", "BA", "40000-000"), ("Porto Alegre", "RS", "90000-000"),
)  # fmt: skip

CATEGORIES: dict[str, dict[str, tuple[str, ...]]] = {
    "Casa": {
        "Cozinha": ("Canecas", "Pratos", "Panelas", "Talheres"),
        "Sala": ("Almofadas", "Tapetes", "Luminárias"),
        "Quarto": ("Lençóis", "Cobertores", "Travesseiros"),
        "Banho": ("Toalhas", "Roupões"),
    },
    "Moda": {
        "Feminino": ("Vestidos", "Blusas", "Saias"),
        "Masculino": ("Camisas", "Calças", "Jaquetas"),
        "Infantil": ("Pijamas", "Macacões"),
        "Calçados": ("Tênis", "Sandálias", "Botas"),
    },
    "Hogar y Regalo": {
        "Velas": ("Velas aromáticas", "Difusores"),
        "Papelería": ("Cuadernos", "Tarjetas"),
    },
}

STYLES = (
    "Aurora", "Brisa", "Cacau", "Damasco", "Estrela", "Floral", "Granito", "Horizonte", "Índigo",
    "Jasmim", "Lavanda", "Maré", "Neblina", "Oliva", "Pérola", "Quartzo", "Rústico", "Safira",
    "Terracota", "Violeta",
)  # fmt: skip

VARIANTS = ("Azul", "Verde", "Areia", "P", "M", "G")

BRANDS = (
    "Casa Serena", "Linho & Cia", "Monte Claro", "Ateliê Norte", "Porto Vivo", "Doce Lar",
    "Flor de Sal", "Trama", "Nube", "Rio Bravo", "La Huerta", "Cerro Alto", "Vila Velha", "Bambu",
    "Pátio", "Oropel", "Sombra", "Ventana", "Miragem", "Travessia",
)  # fmt: skip

PROMO_CODES = (
    "BEMVINDO10", "VOLTA15", "FRETEGRATIS", "NATAL20", "INVERNO10", "PRIMEIRA", "AMIGO5",
    "VERANO10", "BLACK25", "ANIVERSARIO",
)  # fmt: skip

PAYMENTS = (
    ("Pix", "instantPayment"), ("Visa", "creditCard"), ("Mastercard", "creditCard"),
    ("Boleto Bancário", "bankInvoice"), ("Vale", "giftCard"),
)  # fmt: skip
